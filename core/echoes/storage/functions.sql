-- The one way in which the game's data changes: by a command (`echoes_commit`) or by a timer that is due (`echoes_happen`). Both apply their
-- changes by `echoes_apply`. In the database each name ends with the digest of this file (`echoes.storage.functions`). So every text of it is a
-- set of its own, and releases that run side by side do not replace each other's functions.

-- echoes_lock locks every row that the changes touch, in one order, so that no two transactions deadlock: characters, NPCs, fights, the places
-- of locations, things, stocks of traders, each by their keys. Timers come after these. `echoes.storage.world`, which writes several of them, keeps this order, too.
create or replace function echoes_lock(p_character bigint, p_changes jsonb) returns void language plpgsql as $$
begin
    perform 1 from characters c
      where c.id = p_character
         or c.id in (select (e ->> 'id')::bigint from jsonb_array_elements(p_changes) e where e ->> 'op' in ('character', 'witness'))
      order by c.id for no key update;
    if p_changes @? '$[*] ? (@.op == "npc" || @.op == "npc_gone")' then
        perform 1 from npcs n
          where n.id in (select (e ->> 'id')::bigint from jsonb_array_elements(p_changes) e where e ->> 'op' in ('npc', 'npc_gone'))
          order by n.id for update;
    end if;
    if p_changes @? '$[*] ? (@.op == "combat")' then
        perform 1 from combats b
          where b.id in (select (e ->> 'id')::bigint from jsonb_array_elements(p_changes) e where e ->> 'op' = 'combat') order by b.id for update;
    end if;
    if p_changes @? '$[*] ? (@.op == "insert" || @.op == "update" || @.op == "delete" || @.op like_regex "^(npc|corpse)")' then
        perform 1 from places p
          where p.location_id in (
            select substr(o.owner, 10) from jsonb_array_elements(p_changes) e, lateral (values (e ->> 'owner'), (e ->> 'new_owner')) o(owner)
              where o.owner like 'location:%'
            union select o.place from jsonb_array_elements(p_changes) e,
                lateral (values (e ->> 'location_id'), (e -> 'set' ->> 'location_id')) o(place)
              where e ->> 'op' in ('npc', 'npc_new', 'npc_gone', 'corpse', 'corpse_gone') and o.place is not null)
          order by p.location_id for no key update;
        perform 1 from items i
          where i.id in (select (e ->> 'id')::bigint from jsonb_array_elements(p_changes) e where e ->> 'op' in ('update', 'delete', 'wear'))
          order by i.id for update;
    end if;
    if p_changes @? '$[*] ? (@.op == "stock")' then
        perform 1 from stocks s
          where (s.npc, s.item) in (select e ->> 'npc', e ->> 'item' from jsonb_array_elements(p_changes) e where e ->> 'op' = 'stock')
          order by s.npc, s.item for update;
    end if;
end $$;

-- echoes_apply applies changes, in order, `search` first: all of them or none. The rows are locked already (`echoes_lock`).
-- p_character            the actor: the wearer of things, and the character of the ledger; null for a timer
-- p_events               the events to publish (JSON array)
--   p_changes              JSON array of objects with "op":
--     character  {id, version, set: {location_id?, arrival?, hp?, hp_at?, effects?, strength?, agility?, endurance?, intellect?, max_hp?, max_stamina?, combat?, stamina?, stamina_at?, resting?, scrap?, xp?, level?, conversation?, ignores?},
--                 explored?: location id, flags?: {add: [...], remove: [...]}, quests?: {was, is}}   flags and quests as they were read: flags to
--                                               add are not set, those to remove are; the quests that the character was on are equal to `was`
-- witness    {id, location_id}              another character's row takes part: it must be in that location; its version rises
--     insert     {id, template, quantity, durability, owner, personal?}
--     update     {id, version, owner, new_owner?, quantity?, durability?}      owner and version as they were read
--     delete     {id, version, owner}
--     wear       {slot, id}                     the actor puts on what the actor owns
--     take_off   {slot, id}
--     search     {location_id, thing, refill}   seconds until it can be searched again
-- litter     {location_id, most, step, event}   if more than `most` things were laid down there, the oldest decay, at most `step` of them;
--                                               `event` is published with them in the place of its {"id":0,"version":0,"quantity":0}
--     stock      {npc, item, version, quantity, at}   what a trader has; version 0: there is no row yet
--     npc_new    {id, template, spawn, location_id, home, hp, state, most}         unless `most` of its spawn are there already
--     npc        {id, version, location_id, set: {location_id?, hp?, state?}}  location and version as they were read
--     npc_gone   {id, version, location_id}
--     combat_new {id, location_id, seconds, fight}      seconds until the round ends; one fight at a time in a location
--     combat     {id, version, fight, over, seconds?}   `seconds` when a new round begins
--     corpse     {id, character, location_id, template, label, seconds}   everything of the character that is not personal goes into a container;
--                                               the thing `id` lies on the ground and stands for it; others may take from it after `seconds`
--     corpse_gone {id, location_id}             the remains and everything inside leave the world
--     report     {id, name, reason, heard?}     the actor reports the character with this id and name to the operators; `heard`: the lines that it had got
--     audit      {operator, action, reason, details}    an entry of the audit log about the actor
-- timer      {kind, subject, in, payload?, keep?}   armed again, due in `in` seconds; `keep`: an armed timer stays as it is
--     timer_off  {kind, subject}
-- p_ledger               JSON array of {template, quantity, reason}: the things that enter the world (+) or leave it (-); the template of money is 'scrap'
--   p_facts                JSON array of {type, character_id?, ...}: the domain events of these changes
-- Each thing that changes its owner, comes or goes leaves a row in `transfers`.
-- Returns: places, npc_places: {location id: version of its ground, of its NPCs}; characters: {id: version};
-- decayed: {location id: [ids of things]}, and then the events to publish (else null).
-- Raises EC001 a row was not as expected; EC003 things or scrap would be made or lost without a ledger entry; EC004 searched too recently.
create or replace function echoes_apply(
    p_character bigint, p_now double precision, p_events text, p_changes jsonb, p_ledger jsonb, p_facts jsonb,
    out places jsonb, out npc_places jsonb, out characters jsonb, out decayed jsonb, out events text
) language plpgsql as $$
#variable_conflict use_column
declare
    change   jsonb;
    v_set    jsonb;
    v_item   items;
    v_count  bigint;
    v_owner  text;
    v_gone   jsonb;
    v_events text := p_events;
    v_sums   jsonb := '{}';     -- template: how many more there are now than before
begin
    places := '{}';
    npc_places := '{}';
    characters := '{}';
    decayed := '{}';

    for change in
        select e from jsonb_array_elements(p_changes) with ordinality o(e, n)
          order by e ->> 'op' <> 'search', case when e ->> 'op' = 'search' then array[e ->> 'location_id', e ->> 'thing'] end, n
    loop
        case change ->> 'op'
        when 'character' then
            v_set := change -> 'set';
            if v_set ->> 'location_id' is not null and not exists (
                    select from places p where p.location_id = v_set ->> 'location_id' and p.open) then
                raise exception 'there is no location % any more', v_set ->> 'location_id' using errcode = 'EC001';
            end if;
            if v_set ->> 'scrap' is not null then
                select c.scrap into v_count from characters c where c.id = (change ->> 'id')::bigint;
                v_sums := echoes_add(v_sums, 'scrap', ((v_set ->> 'scrap')::bigint - v_count)::int);
            end if;
            update characters c set
                version     = c.version + 1,
                location_id = coalesce(v_set ->> 'location_id', c.location_id),
                arrival     = coalesce(v_set ->> 'arrival', c.arrival),
                hp          = coalesce((v_set ->> 'hp')::int, c.hp),
                hp_at       = coalesce((v_set ->> 'hp_at')::double precision, c.hp_at),
                effects     = coalesce(v_set -> 'effects', c.effects),
                stamina     = coalesce((v_set ->> 'stamina')::double precision, c.stamina),
                stamina_at  = coalesce((v_set ->> 'stamina_at')::double precision, c.stamina_at),
                resting     = coalesce((v_set ->> 'resting')::boolean, c.resting),
                scrap       = coalesce((v_set ->> 'scrap')::bigint, c.scrap),
                max_hp      = coalesce((v_set ->> 'max_hp')::int, c.max_hp),
                max_stamina = coalesce((v_set ->> 'max_stamina')::int, c.max_stamina),
                strength    = coalesce((v_set ->> 'strength')::int, c.strength),
                agility     = coalesce((v_set ->> 'agility')::int, c.agility),
                endurance   = coalesce((v_set ->> 'endurance')::int, c.endurance),
                intellect   = coalesce((v_set ->> 'intellect')::int, c.intellect),
                combat      = coalesce((v_set ->> 'combat')::bigint, c.combat),
                xp          = coalesce((v_set ->> 'xp')::int, c.xp),
                level       = coalesce((v_set ->> 'level')::int, c.level),
                conversation = coalesce(v_set ->> 'conversation', c.conversation),
                ignores     = case when v_set -> 'ignores' is null then c.ignores
                                   else array(select e::bigint from jsonb_array_elements_text(v_set -> 'ignores') with ordinality o(e, n) order by n) end,
                quests      = coalesce(change -> 'quests' -> 'is', c.quests),
                flags       = case when change -> 'flags' is null then c.flags else echoes_flags(c.flags, change -> 'flags') end,
                explored    = case when change ->> 'explored' is null or c.explored @> array[change ->> 'explored'] then c.explored
                                   else c.explored || (change ->> 'explored') end
              where c.id = (change ->> 'id')::bigint and c.version = (change ->> 'version')::bigint
                and (change -> 'quests' is null or c.quests = change -> 'quests' -> 'was')
                and (change -> 'flags' is null or (not c.flags && echoes_texts(change -> 'flags' -> 'add')
                    and c.flags @> echoes_texts(change -> 'flags' -> 'remove')));
            if not found then
                raise exception 'character % has changed', change ->> 'id' using errcode = 'EC001';
            end if;
            characters := characters || jsonb_build_object(change ->> 'id', (change ->> 'version')::bigint + 1);
        when 'witness' then
            update characters c set version = c.version + 1
              where c.id = (change ->> 'id')::bigint and c.location_id = change ->> 'location_id'
              returning c.version into v_count;
            if not found then
                raise exception 'character % is not there', change ->> 'id' using errcode = 'EC001';
            end if;
            characters := characters || jsonb_build_object(change ->> 'id', v_count);
        when 'insert' then
            v_owner := change ->> 'owner';
            insert into items (id, template, quantity, durability, owner, laid, personal)
              values ((change ->> 'id')::bigint, change ->> 'template', (change ->> 'quantity')::int, (change ->> 'durability')::int, v_owner,
                clock_timestamp(), coalesce((change ->> 'personal')::boolean, false));
            v_sums := echoes_add(v_sums, change ->> 'template', (change ->> 'quantity')::int);
            insert into transfers (character_id, item_id, template, quantity, target, reason)
              values (p_character, (change ->> 'id')::bigint, change ->> 'template', (change ->> 'quantity')::int, v_owner,
                echoes_reason(p_ledger, change ->> 'template'));
            places := places || echoes_ground(v_owner);
        when 'update', 'delete' then
            select * into v_item from items i where i.id = (change ->> 'id')::bigint for update;
            if not found or v_item.version <> (change ->> 'version')::bigint or v_item.owner <> change ->> 'owner' then
                raise exception 'item % has changed', change ->> 'id' using errcode = 'EC001';
            end if;
            places := places || echoes_ground(v_item.owner);
            if change ->> 'op' = 'delete' then
                delete from equipment q where q.item_id = v_item.id;
                delete from items i where i.id = v_item.id;
                v_sums := echoes_add(v_sums, v_item.template, -v_item.quantity);
                insert into transfers (character_id, item_id, template, quantity, source, reason)
                  values (p_character, v_item.id, v_item.template, v_item.quantity, v_item.owner, echoes_reason(p_ledger, v_item.template));
            else
                v_owner := coalesce(change ->> 'new_owner', v_item.owner);
                if v_owner <> v_item.owner then
                    if v_item.personal then
                        raise exception 'item % is personal', v_item.id using errcode = 'EC001';
                    end if;
                    if exists (select from equipment q where q.item_id = v_item.id) then
                        raise exception 'item % is worn', v_item.id using errcode = 'EC001';
                    end if;
                    places := places || echoes_ground(v_owner);
                end if;
                update items i set
                    version    = i.version + 1,
                    owner      = v_owner,
                    quantity   = coalesce((change ->> 'quantity')::int, i.quantity),
                    durability = coalesce((change ->> 'durability')::int, i.durability),
                    laid       = case when v_owner <> v_item.owner or (change ->> 'quantity')::int > v_item.quantity then clock_timestamp()
                                      else i.laid end
                  where i.id = v_item.id;
                v_count := coalesce((change ->> 'quantity')::int, v_item.quantity) - v_item.quantity;
                v_sums := echoes_add(v_sums, v_item.template, v_count::int);
                if v_owner <> v_item.owner or v_count <> 0 then
                    insert into transfers (character_id, item_id, template, quantity, source, target, reason)
                      values (p_character, v_item.id, v_item.template,
                        case when v_owner <> v_item.owner then v_item.quantity + v_count else abs(v_count) end,
                        case when v_owner <> v_item.owner or v_count < 0 then v_item.owner else '' end,
                        case when v_owner <> v_item.owner or v_count > 0 then v_owner else '' end, echoes_reason(p_ledger, v_item.template));
                end if;
            end if;
        when 'wear' then
            insert into equipment (character_id, slot, item_id)
              select p_character, change ->> 'slot', i.id from items i
                where i.id = (change ->> 'id')::bigint and i.owner = 'character:' || p_character
              on conflict do nothing;
            if not found then
                raise exception 'slot % is taken or item % is elsewhere', change ->> 'slot', change ->> 'id' using errcode = 'EC001';
            end if;
        when 'take_off' then
            delete from equipment q
              where q.character_id = p_character and q.slot = change ->> 'slot' and q.item_id = (change ->> 'id')::bigint;
            if not found then
                raise exception 'item % is not worn', change ->> 'id' using errcode = 'EC001';
            end if;
        when 'search' then
            insert into searches as s (location_id, thing, ready_at)
              values (change ->> 'location_id', change ->> 'thing', p_now + (change ->> 'refill')::double precision)
              on conflict (location_id, thing) do update set ready_at = excluded.ready_at where s.ready_at <= p_now;
            if not found then
                raise exception 'searched too recently' using errcode = 'EC004';
            end if;
        when 'litter' then
            v_owner := 'location:' || (change ->> 'location_id');
            with beyond as (
              select count(*) as n from (
                select from items i where i.owner = v_owner and i.laid is not null
                  order by i.laid desc, i.id desc offset (change ->> 'most')::int limit (change ->> 'step')::int) o),
            gone as (
              delete from items i where i.id in (
                select o.id from items o where o.owner = v_owner and o.laid is not null order by o.laid, o.id limit (select n from beyond))
              returning i.id, i.version, i.template, i.quantity),
            booked as (
              insert into ledger (character_id, template, quantity, reason)
                select p_character, g.template, -sum(g.quantity), 'decay' from gone g group by g.template),
            traced as (
              insert into transfers (character_id, item_id, template, quantity, source, reason)
                select p_character, g.id, g.template, g.quantity, v_owner, 'decay' from gone g)
            select jsonb_object_agg(g.id, g.version + 1) into v_gone from gone g;
            if v_gone is not null then
                decayed := decayed || jsonb_build_object(change ->> 'location_id', (select jsonb_agg(k::bigint) from jsonb_object_keys(v_gone) k));
                v_events := case v_events when '[]' then '[' else left(v_events, -1) || ',' end || replace(
                    change ->> 'event', '{"id":0,"version":0,"quantity":0}',
                    (select string_agg(format('{"id":%s,"version":%s,"quantity":0}', g.key, g.value), ',') from jsonb_each_text(v_gone) g)) || ']';
                events := v_events;
            end if;
        when 'stock' then
            if (change ->> 'version')::bigint = 0 then
                insert into stocks (npc, item, quantity, at)
                  values (change ->> 'npc', change ->> 'item', (change ->> 'quantity')::int, (change ->> 'at')::double precision)
                  on conflict do nothing;
            else
                update stocks s set version = s.version + 1, quantity = (change ->> 'quantity')::int, at = (change ->> 'at')::double precision
                  where s.npc = change ->> 'npc' and s.item = change ->> 'item' and s.version = (change ->> 'version')::bigint;
            end if;
            if not found then
                raise exception 'the stock of % has changed', change ->> 'npc' using errcode = 'EC001';
            end if;
        when 'npc_new' then
            insert into npcs (id, template, spawn, location_id, home, hp, state)
              overriding system value
              select (change ->> 'id')::bigint, change ->> 'template', change ->> 'spawn', change ->> 'location_id', change ->> 'home', (change ->> 'hp')::int, change -> 'state'
                where (select count(*) from npcs n where n.spawn = change ->> 'spawn') < (change ->> 'most')::int;
            if not found then
                raise exception 'spawn % is full', change ->> 'spawn' using errcode = 'EC001';
            end if;
            npc_places := npc_places || echoes_npc_place(change ->> 'location_id');
        when 'npc' then
            v_set := change -> 'set';
            update npcs n set
                version     = n.version + 1,
                location_id = coalesce(v_set ->> 'location_id', n.location_id),
                hp          = coalesce((v_set ->> 'hp')::int, n.hp),
                state       = coalesce(v_set -> 'state', n.state)
              where n.id = (change ->> 'id')::bigint and n.version = (change ->> 'version')::bigint and n.location_id = change ->> 'location_id';
            if not found then
                raise exception 'NPC % has changed', change ->> 'id' using errcode = 'EC001';
            end if;
            npc_places := npc_places || echoes_npc_place(change ->> 'location_id', v_set ->> 'location_id' <> change ->> 'location_id');
            if v_set ->> 'location_id' <> change ->> 'location_id' then
                npc_places := npc_places || echoes_npc_place(v_set ->> 'location_id');
            end if;
        when 'npc_gone' then
            delete from npcs n
              where n.id = (change ->> 'id')::bigint and n.version = (change ->> 'version')::bigint and n.location_id = change ->> 'location_id';
            if not found then
                raise exception 'NPC % has changed', change ->> 'id' using errcode = 'EC001';
            end if;
            npc_places := npc_places || echoes_npc_place(change ->> 'location_id', true);
        when 'combat_new' then
            insert into combats (id, location_id, until, fight)
              values ((change ->> 'id')::bigint, change ->> 'location_id', p_now + (change ->> 'seconds')::double precision, change -> 'fight')
              on conflict do nothing;
            if not found then
                raise exception 'there is a fight in % already', change ->> 'location_id' using errcode = 'EC001';
            end if;
        when 'combat' then
            update combats b set
                version = b.version + 1,
                fight   = change -> 'fight',
                over    = (change ->> 'over')::boolean,
                until   = case when change ->> 'seconds' is null then b.until else p_now + (change ->> 'seconds')::double precision end,
                changed = clock_timestamp()
              where b.id = (change ->> 'id')::bigint and b.version = (change ->> 'version')::bigint and not b.over;
            if not found then
                raise exception 'fight % has changed', change ->> 'id' using errcode = 'EC001';
            end if;
        when 'corpse' then
            v_owner := 'character:' || (change ->> 'character');
            delete from equipment q using items i where q.item_id = i.id and i.owner = v_owner and not i.personal;
            with gone as (
              update items i set owner = 'container:' || (change ->> 'id'), version = i.version + 1 where i.owner = v_owner and not i.personal
                returning i.id, i.template, i.quantity, i.owner)
            insert into transfers (character_id, item_id, template, quantity, source, target, reason)
              select (change ->> 'character')::bigint, g.id, g.template, g.quantity, v_owner, g.owner, 'death' from gone g;
            insert into items (id, template, quantity, owner, laid, label)
              values ((change ->> 'id')::bigint, change ->> 'template', 1, 'location:' || (change ->> 'location_id'), null, change ->> 'label');
            insert into corpses (item_id, character_id, open_at)
              values ((change ->> 'id')::bigint, (change ->> 'character')::bigint, p_now + (change ->> 'seconds')::double precision);
            v_sums := echoes_add(v_sums, change ->> 'template', 1);
            places := places || echoes_ground('location:' || (change ->> 'location_id'));
        when 'corpse_gone' then
            delete from corpses k where k.item_id = (change ->> 'id')::bigint;
            if not found then
                raise exception 'there are no remains %', change ->> 'id' using errcode = 'EC001';
            end if;
            with gone as (
              delete from items i where i.id = (change ->> 'id')::bigint or i.owner = 'container:' || (change ->> 'id')
                returning i.id, i.template, i.quantity, i.owner),
            traced as (
              insert into transfers (character_id, item_id, template, quantity, source, reason)
                select p_character, g.id, g.template, g.quantity, g.owner, 'decay' from gone g)
            insert into ledger (character_id, template, quantity, reason)
              select p_character, g.template, -sum(g.quantity), 'decay' from gone g group by g.template;
            update places p set version = p.version + 1 where p.location_id = change ->> 'location_id' returning p.version into v_count;
            places := places || jsonb_build_object(change ->> 'location_id', v_count);
        when 'report' then
            insert into reports (account_id, reporter, reported_id, reported, location_id, reason, heard)
              select c.account_id, c.name, (change ->> 'id')::bigint, change ->> 'name', c.location_id, change ->> 'reason', coalesce(change -> 'heard', '[]')
                from characters c where c.id = p_character;
        when 'audit' then
            insert into audit (who, action, reason, account_id, character_id, details)
              select change ->> 'operator', change ->> 'action', change ->> 'reason', c.account_id, c.id, change -> 'details'
                from characters c where c.id = p_character;
        when 'timer' then
            insert into timers as t (kind, subject, due_at, payload)
              values (change ->> 'kind', change ->> 'subject', p_now + (change ->> 'in')::double precision, coalesce(change -> 'payload', '{}'))
              on conflict (kind, subject) do update set
                  due_at = excluded.due_at, payload = excluded.payload, version = nextval('timer_versions'), failures = 0
                where not coalesce((change ->> 'keep')::boolean, false);
        when 'timer_off' then
            delete from timers t where t.kind = change ->> 'kind' and t.subject = change ->> 'subject';
        else
            raise exception 'unknown change %', change using errcode = 'EC003';
        end case;
    end loop;

    insert into ledger (character_id, template, quantity, reason)
      select p_character, e ->> 'template', (e ->> 'quantity')::int, e ->> 'reason' from jsonb_array_elements(p_ledger) e;
    for change in select e from jsonb_array_elements(p_ledger) e loop
        v_sums := echoes_add(v_sums, change ->> 'template', -(change ->> 'quantity')::int);
    end loop;
    if exists (select from jsonb_each_text(v_sums) s where s.value <> '0') then
        raise exception 'things made or lost without a ledger entry: %', v_sums using errcode = 'EC003';
    end if;

    insert into facts (character_id, type, body)
      select (e ->> 'character_id')::bigint, e ->> 'type', e - 'type' - 'character_id' from jsonb_array_elements(p_facts) with ordinality o(e, n) order by n;
    if p_facts @? '$[*] ? (@.type == "killed" || @.type == "died" || @.type == "moved" || @.type == "searched")' then
        insert into statistics as s (character_id, kills, deaths, distance, finds)
          select (e ->> 'character_id')::bigint, count(*) filter (where e ->> 'type' = 'killed'), count(*) filter (where e ->> 'type' = 'died'),
              count(*) filter (where e ->> 'type' = 'moved'), coalesce(sum((e ->> 'found')::bigint) filter (where e ->> 'type' = 'searched'), 0)
            from jsonb_array_elements(p_facts) e join characters c on c.id = (e ->> 'character_id')::bigint
            where e ->> 'type' in ('killed', 'died', 'moved', 'searched') group by 1 order by 1
          on conflict (character_id) do update set kills = s.kills + excluded.kills, deaths = s.deaths + excluded.deaths,
            distance = s.distance + excluded.distance, finds = s.finds + excluded.finds;
    end if;
end $$;

-- echoes_commit applies a command's changes (`echoes_apply`) and its record in one step: all of it or nothing.
-- p_character, p_epoch   the actor; the epoch of the acting session, or 0 for a request without one
-- p_client, p_number     the command's client and number: the key under which the command happens once
-- p_reply, p_events      the reply (JSON) and the events to publish (JSON array)
--   p_changes, p_ledger, p_facts   as in `echoes_apply`
-- p_durable              false: the call does not wait for the disk (survives every crash but PostgreSQL's own)
-- p_digest               the digest of the command (`echoes.wire.digest_of`); '' matches every record
-- Returns: status 'done' | 'repeated' (with the stored reply) | 'reused' (another command is on record under this number) |
--   'already_done' (older than the window). The newest 16 commands of a client stay on record, of the newest 1000 clients and the newest 1000
-- keys of a character; commands with unpublished events stay, too; now: Unix seconds; the rest as `echoes_apply`.
-- Raises, besides what `echoes_apply` raises, EC002 the session has a newer owner; EC005 there is no such character.
create or replace function echoes_commit(
    p_character bigint, p_epoch bigint, p_client text, p_number bigint,
    p_reply text, p_events text, p_changes jsonb, p_ledger jsonb, p_durable boolean, p_digest text default '',
    p_facts jsonb default '[]',
    out status text, out reply text, out places jsonb, out characters jsonb, out now double precision,
    out decayed jsonb, out events text, out npc_places jsonb
) language plpgsql as $$
#variable_conflict use_column
declare
    v_epoch  bigint;
    v_count  bigint;
    v_oldest bigint;
    v_nth    bigint;            -- the position of this client among those of the character
    v_digest text;
begin
    places := '{}';
    npc_places := '{}';
    characters := '{}';
    decayed := '{}';
    if not p_durable then
        perform set_config('synchronous_commit', 'off', true);
    end if;

    perform echoes_lock(p_character, p_changes);
    now := extract(epoch from clock_timestamp());   -- read after the wait for the lock: the caller sets a clock by it

    select count(*), min(k.number), max(k.client_ordinal) into v_count, v_oldest, v_nth
      from commands k where k.character_id = p_character and k.client = p_client;
    select k.reply, k.digest into reply, v_digest from commands k
      where k.character_id = p_character and k.client = p_client and k.number = p_number;
    if found then
        status := case when v_digest = '' or p_digest = '' or v_digest = p_digest then 'repeated' else 'reused' end;
        return;
    elsif v_count >= 16 and p_number < v_oldest then
        status := 'already_done';
        return;
    end if;
    -- Checked after the record: a command that an older session has done is answered as done, also to that session.
    select c.epoch into v_epoch from characters c where c.id = p_character;
    if v_epoch is null then
        raise exception 'there is no character %', p_character using errcode = 'EC005';
    elsif p_epoch <> 0 and p_epoch <> v_epoch then
        raise exception 'the session has a newer owner' using errcode = 'EC002';
    end if;

    select a.places, a.npc_places, a.characters, a.decayed, a.events into places, npc_places, characters, decayed, events
      from echoes_apply(p_character, now, p_events, p_changes, p_ledger, p_facts) a;

    -- A client that is new to the record is counted, and the oldest beyond 1000 leave it. An Idempotency-Key is a client; keys are counted apart
    -- from other clients, so that neither push the others out.
    if v_nth is null then
        select coalesce(max(k.client_ordinal), 0) + 1 into v_nth from commands k
          where k.character_id = p_character and (k.client like 'http:%') = (p_client like 'http:%') and k.client_ordinal is not null;
        delete from commands k
          where k.character_id = p_character and (k.client like 'http:%') = (p_client like 'http:%') and k.client_ordinal <= v_nth - 1000
            and k.published;
    end if;
    insert into commands (character_id, client, number, reply, events, published, digest, client_ordinal)
      values (p_character, p_client, p_number, p_reply, coalesce(events, p_events), coalesce(events, p_events) = '[]', p_digest, v_nth);
    if v_count >= 16 then
        delete from commands k where k.character_id = p_character and k.client = p_client and k.published and k.number < (
            select w.number from commands w where w.character_id = p_character and w.client = p_client
              order by w.number desc offset 15 limit 1);
    end if;
    status := 'done';
    reply := p_reply;
end $$;

-- echoes_happen applies the decision of a timer's rule (`echoes_apply`), once: only while the timer is due and still has `p_version`.
-- p_next     seconds until it is due again, or null: it is disarmed. p_late: counted from when it was due, not from now.
-- p_payload  its payload from now on; null: unchanged.
-- Returns: status 'done' | 'stale' (it has happened, was armed again or does not exist); now and the rest as `echoes_apply`.
create or replace function echoes_happen(
    p_kind text, p_subject text, p_version bigint, p_next double precision, p_late boolean, p_payload jsonb,
    p_events text, p_changes jsonb, p_ledger jsonb, p_facts jsonb,
    out status text, out places jsonb, out npc_places jsonb, out characters jsonb, out decayed jsonb, out events text, out now double precision
) language plpgsql as $$
#variable_conflict use_column
declare
    v_timer timers;
begin
    perform echoes_lock(null, p_changes);
    select * into v_timer from timers t where t.kind = p_kind and t.subject = p_subject for update;
    now := extract(epoch from clock_timestamp());
    if not found or v_timer.version <> p_version or v_timer.due_at > now then
        status := 'stale';
        return;
    end if;
    select a.places, a.npc_places, a.characters, a.decayed, a.events into places, npc_places, characters, decayed, events
      from echoes_apply(null, now, p_events, p_changes, p_ledger, p_facts) a;
    if p_next is null then
        delete from timers t where t.kind = p_kind and t.subject = p_subject;
    else
        update timers t set due_at = case when p_late then v_timer.due_at else now end + p_next, version = nextval('timer_versions'), failures = 0,
            payload = coalesce(p_payload, t.payload)
          where t.kind = p_kind and t.subject = p_subject;
    end if;
    if coalesce(events, p_events) <> '[]' then
        insert into occurrences (kind, subject, version, events) values (p_kind, p_subject, p_version, coalesce(events, p_events));
    end if;
    status := 'done';
end $$;

-- A session takes the character: from now on older epochs may not write. Returns the row, and the greatest command number of the client.
-- The number is read by a statement of its own, after the row is locked: so it counts a command that was being committed meanwhile.
-- All columns are null when a newer epoch is known, or the character does not exist.
-- p_address, p_worker   where the session comes from, and where it goes to; an empty address is not noted
create or replace function echoes_enter(
    p_character bigint, p_epoch bigint, p_client text, p_address text, p_worker text, out me characters, out last_command bigint
) language plpgsql as $$
#variable_conflict use_column
begin
    update characters c set epoch = p_epoch where c.id = p_character and c.epoch <= p_epoch returning c.* into me;
    if found then
        select coalesce(max(k.number), 0) into last_command from commands k where k.character_id = p_character and k.client = p_client;
        if p_address <> '' then
            insert into visits as v (character_id, address, hour, worker) values (p_character, p_address, date_trunc('hour', now()), p_worker)
              on conflict (character_id, address, hour) do update set last = now(), entries = v.entries + 1, worker = excluded.worker;
        end if;
    end if;
end $$;

-- Raises and returns the version of a location's ground; an empty object for other owners. EC001 where the content has no such location.
create or replace function echoes_ground(p_owner text) returns jsonb language plpgsql as $$
declare
    v_version bigint;
begin
    if p_owner not like 'location:%' then
        return '{}';
    end if;
    update places p set version = p.version + 1 where p.location_id = substr(p_owner, 10) and p.open returning p.version into v_version;
    if not found then
        raise exception 'there is no % any more', p_owner using errcode = 'EC001';
    end if;
    return jsonb_build_object(substr(p_owner, 10), v_version);
end $$;

create or replace function echoes_add(p_sums jsonb, p_template text, p_quantity int) returns jsonb language sql immutable as $$
    select p_sums || jsonb_build_object(p_template, coalesce((p_sums ->> p_template)::int, 0) + p_quantity)
$$;

-- The reason that the ledger's entries of a commit give for a template; empty where they have none.
create or replace function echoes_reason(p_ledger jsonb, p_template text) returns text language sql immutable as $$
    select coalesce((select e ->> 'reason' from jsonb_array_elements(p_ledger) e where e ->> 'template' = p_template limit 1), '')
$$;

create or replace function echoes_texts(p_array jsonb) returns text[] language sql immutable as $$
    select coalesce(array_agg(e), '{}') from jsonb_array_elements_text(p_array) e
$$;

-- A character's flags after a change: at most 1000, the newest.
create or replace function echoes_flags(p_flags text[], p_change jsonb) returns text[] language sql immutable as $$
    select coalesce(array_agg(o.flag order by o.n), '{}') from (
      select f.flag, f.n from unnest(p_flags || echoes_texts(p_change -> 'add')) with ordinality f(flag, n)
        where f.flag <> all(echoes_texts(p_change -> 'remove')) order by f.n desc limit 1000) o
$$;

-- Raises and returns the version of a location's NPCs. EC001 where the content has no such location, unless an NPC leaves it (p_left).
create or replace function echoes_npc_place(p_location text, p_left boolean default false) returns jsonb language plpgsql as $$
declare
    v_version bigint;
begin
    update places p set npc_version = p.npc_version + 1
      where p.location_id = p_location and (p.open or coalesce(p_left, false)) returning p.npc_version into v_version;
    if not found then
        raise exception 'there is no location % any more', p_location using errcode = 'EC001';
    end if;
    return jsonb_build_object(p_location, v_version);
end $$;
