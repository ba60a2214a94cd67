drop trigger world_content on world;
drop function content_activated();
drop table content_activations;
