drop table transfers, notes, visits, operator_sessions, operators;
alter table reports drop column decided, drop column decided_by, drop column decision;
alter table revocations drop column cause, drop column notice, drop column until;
alter table characters drop column muted_until, drop column mute_notice;
alter table accounts drop column banned_until, drop column ban_notice, drop column banned_by,
    drop column muted_until, drop column mute_notice, drop column muted_by;
alter table audit drop column account_id, drop column character_id, drop column reason;
