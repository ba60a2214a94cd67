-- needs: 0011
-- First words of typed lines that the game did not understand, by day (UTC). The word '' has all lines whose word is not kept.
create table unknown_words (
    day    date not null,
    word   text not null,
    number bigint not null,                             -- lines
    alone  bigint not null,                             -- of these, the lines that had no other word
    primary key (day, word)
);
