drop table unknown_words;
