-- needs: 0011
-- What a mute refuses: say, shout, whisper; empty: all speech. A character's row has its account's mute.
alter table accounts add column muted_speech text[] not null default '{}';
alter table characters add column muted_speech text[] not null default '{}';
