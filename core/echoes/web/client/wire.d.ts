// Made from the message types by `python -m echoes.wire_types`; do not edit.

/** A place in a channel, as in `echoes.facilities.broadcast.Position`. */
export interface WirePosition {
  epoch: string;
  offset: number;
}

/** The first frame: who plays, through which client, and where it left off. */
export interface Hello {
  type: "hello";
  token: string;
  /** random, made by the client */
  client: string;
  resume?: Record<string, WirePosition>;
}

/** Look around, or at something. */
export interface Look {
  type: "look";
  target?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Walk through an exit. */
export interface Move {
  type: "move";
  direction: string;
  /** grows with every command of one client */
  id?: number;
}

/** Speak to the players in the same place. */
export interface Say {
  type: "say";
  text: string;
  /** grows with every command of one client */
  id?: number;
}

/** Act: `emote shivers` shows as `Mara shivers`. */
export interface Emote {
  type: "emote";
  text: string;
  /** grows with every command of one client */
  id?: number;
}

/** Speak to one person, wherever they are. */
export interface Whisper {
  type: "whisper";
  /** an id, a name, or the beginning of one */
  to: string;
  text: string;
  /** grows with every command of one client */
  id?: number;
}

/** Speak to all players in this district. */
export interface Shout {
  type: "shout";
  text: string;
  /** grows with every command of one client */
  id?: number;
}

/** List the characters that are awake in the city: 100 at most, by name, after the name `after`. */
export interface Who {
  type: "who";
  after?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Begin a conversation with an NPC in this location; with `about`, ask as `ask` does. */
export interface Talk {
  type: "talk";
  to?: string | null;
  about?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/**
 * Make a choice of the conversation: by its number, its id or its words. With `passage` only while the conversation
 * stands there.
 */
export interface Choose {
  type: "choose";
  /** an id, a name, or the beginning of one */
  choice: string;
  passage?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Ask an NPC in this location about something. */
export interface Ask {
  type: "ask";
  /** an id, a name, or the beginning of one */
  about: string;
  to?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Greet a player or an NPC in this location. */
export interface Greet {
  type: "greet";
  /** an id, a name, or the beginning of one */
  to: string;
  /** grows with every command of one client */
  id?: number;
}

/** Begin a fight, join one, or choose to attack in this round; without a target the enemy that one attacked, or any. */
export interface Attack {
  type: "attack";
  target?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Choose to defend in this round: blows do half. */
export interface Defend {
  type: "defend";
  /** grows with every command of one client */
  id?: number;
}

/** Choose to flee in this round. */
export interface Flee {
  type: "flee";
  /** grows with every command of one client */
  id?: number;
}

/** Hear what the enemies are about to do, and how long the round lasts. */
export interface Intents {
  type: "intents";
  /** grows with every command of one client */
  id?: number;
}

/** Guess how a fight with an NPC that is here would go. */
export interface Consider {
  type: "consider";
  /** an id, a name, or the beginning of one */
  target: string;
  /** grows with every command of one client */
  id?: number;
}

/** Take everything that one can carry from remains that lie here. */
export interface Loot {
  type: "loot";
  target?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** List the goods that an NPC here sells, and the character's things that it would buy. */
export interface Goods {
  type: "list";
  trader?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Buy from an NPC in this location: one, or a quantity. */
export interface Buy {
  type: "buy";
  /** an id, a name, or the beginning of one */
  item: string;
  trader?: string | null;
  quantity?: number | null;
  /** grows with every command of one client */
  id?: number;
}

/** Sell to an NPC in this location: one, or a quantity of one stack; with `all` the whole stack. */
export interface Sell {
  type: "sell";
  /** an id, a name, or the beginning of one */
  item: string;
  trader?: string | null;
  quantity?: number | null;
  all?: boolean;
  /** grows with every command of one client */
  id?: number;
}

/** Nod, wave, smile: shown to all players in the location. */
export interface Gesture {
  type: "gesture";
  act: string;
  to?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Show the map of the places that the character has explored. */
export interface Map {
  type: "map";
  /** grows with every command of one client */
  id?: number;
}

/** Show the own character's level, numbers and equipment. */
export interface Score {
  type: "score";
  /** grows with every command of one client */
  id?: number;
}

/** Show the effects on the own character. */
export interface Effects {
  type: "effects";
  /** grows with every command of one client */
  id?: number;
}

/** The ways out of this place. */
export interface Exits {
  type: "exits";
  /** grows with every command of one client */
  id?: number;
}

/** Show the time of day. */
export interface Time {
  type: "time";
  /** grows with every command of one client */
  id?: number;
}

/** Spend one point on an attribute; without one, say what can be trained. */
export interface Train {
  type: "train";
  attribute?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/**
 * Repair something that one carries or wears: with a kit, at a workbench, by an NPC. Without `by`: with the first of
 * these that is there.
 */
export interface Repair {
  type: "repair";
  /** an id, a name, or the beginning of one */
  item: string;
  by?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** List the things that the character carries and wears. */
export interface Inventory {
  type: "inventory";
  /** grows with every command of one client */
  id?: number;
}

/** Take something that lies here. Without a quantity: all of that stack. */
export interface PickUp {
  type: "pick_up";
  /** an id, a name, or the beginning of one */
  item: string;
  quantity?: number | null;
  /** grows with every command of one client */
  id?: number;
}

/** Lay something down. Without a quantity: all of that stack. */
export interface Drop {
  type: "drop";
  /** an id, a name, or the beginning of one */
  item: string;
  quantity?: number | null;
  /** grows with every command of one client */
  id?: number;
}

/** Hand something to a player in the same place. */
export interface Give {
  type: "give";
  /** an id, a name, or the beginning of one */
  item: string;
  /** an id, a name, or the beginning of one */
  to: string;
  quantity?: number | null;
  /** grows with every command of one client */
  id?: number;
}

/** Eat, drink, bandage, read. */
export interface Use {
  type: "use";
  /** an id, a name, or the beginning of one */
  item: string;
  /** grows with every command of one client */
  id?: number;
}

/** Wear or wield. */
export interface Equip {
  type: "equip";
  /** an id, a name, or the beginning of one */
  item: string;
  /** grows with every command of one client */
  id?: number;
}

/** Take off; an item or a slot. */
export interface Unequip {
  type: "unequip";
  /** an id, a name, or the beginning of one */
  item: string;
  /** grows with every command of one client */
  id?: number;
}

/** Do with a thing what a quest asks for: `scratch`, `hang`, `light`, `pour`. Of two names one means the thing. */
export interface HandleThing {
  type: "handle";
  hand: string;
  item?: string | null;
  on?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Search something that stands here. */
export interface Search {
  type: "search";
  target?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Get up from resting. */
export interface Stand {
  type: "stand";
  /** grows with every command of one client */
  id?: number;
}

/** Sit down: stamina and health return faster until one moves on. */
export interface Rest {
  type: "rest";
  /** grows with every command of one client */
  id?: number;
}

/** The quests that the character is on, with what to do now. */
export interface Quests {
  type: "quests";
  /** grows with every command of one client */
  id?: number;
}

/** The clues that the character has found, by mystery; of one mystery with all that was noted. */
export interface Journal {
  type: "journal";
  about?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Report another player to those who run this server. */
export interface Report {
  type: "report";
  /** an id, a name, or the beginning of one */
  name: string;
  text: string;
  /** grows with every command of one client */
  id?: number;
}

/** Do not get a character's speech any more; without a name, list the ignored characters. */
export interface Ignore {
  type: "ignore";
  name?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** Get an ignored character's speech again. */
export interface Unignore {
  type: "unignore";
  /** an id, a name, or the beginning of one */
  name: string;
  /** grows with every command of one client */
  id?: number;
}

/** The commands, or one topic. */
export interface Help {
  type: "help";
  topic?: string | null;
  /** grows with every command of one client */
  id?: number;
}

/** A line as a person typed it; the server parses it (`go north`, `n`, `' hello`). */
export interface Line {
  type: "line";
  text: string;
  /** grows with every command of one client */
  id?: number;
}

/** The session that this connection has claimed. */
export interface SessionView {
  character: number;
  epoch: number;
}

/**
 * An effect on the own character. One with a `load_above` or `stamina_below` is there while that is so, and a client
 * may tell by itself.
 */
export interface EffectView {
  id: string;
  name: string;
  description?: string;
  helps?: boolean;
  stacks?: number;
  /** Unix seconds by the database's clock at which it is over; 0: when something ends it. */
  until?: number;
  /** The part of the weight or volume that can be carried. */
  load_above?: number;
  /** The part of `max_stamina`. */
  stamina_below?: number;
}

/** From a moment on hit points and stamina return at another pace, since an effect is over then. */
export interface PaceView {
  at: number;
  hp_per_minute: number;
  stamina_per_minute: number;
}

/** The player's own character. An older `version` than the known one is to be ignored. */
export interface You {
  id: number;
  name: string;
  version: number;
  location_id: string;
  hp: number;
  max_hp: number;
  /** At `at`; it grows by `stamina_per_minute` up to `max_stamina`, which the client may draw. */
  stamina: number;
  max_stamina: number;
  stamina_per_minute: number;
  /** Unix seconds by the database's clock. */
  at: number;
  resting: boolean;
  level: number;
  xp: number;
  scrap: number;
  /** How fast `hp` grows by itself, in whole points up to `max_hp`, counted from `hp_at`. */
  hp_per_minute: number;
  /** Unix seconds by the database's clock at which the character had `hp`. */
  hp_at: number;
  /** Effects on the character now. */
  effects: Array<EffectView>;
  strength: number;
  agility: number;
  endurance: number;
  intellect: number;
  /** Points that are left to spend on attributes (`train`). */
  points: number;
  /** How the paces change after `at`, in order, unless something else happens. */
  later: Array<PaceView>;
}

/** A way out. `name` is empty while one has not been there. */
export interface ExitView {
  direction: string;
  to: string;
  stamina: number;
  name?: string;
  look?: string;
}

/** Something fixed here. */
export interface ThingView {
  id: string;
  name: string;
  searchable: boolean;
}

/**
 * An NPC in this place. One of a population has an `instance` and a `version`; an older version of an instance is to be
 * ignored.
 */
export interface NpcView {
  id: string;
  name: string;
  disposition: string;
  instance?: number;
  version?: number;
  /** A word for its wounds; empty when it is whole. */
  health?: string;
  /** It has a dialogue: `talk` and `ask` are answered. */
  talks?: boolean;
  /** It sells or buys: `list`, `buy`, `sell`. */
  trades?: boolean;
}

/** Another player in this place. */
export interface PlayerView {
  id: number;
  name: string;
  linkdead?: boolean;
}

/**
 * A thing: one row. `quantity` 0 says that it is gone from here. An older `version` of the same id is to be ignored.
 */
export interface ItemView {
  id: number;
  version: number;
  quantity: number;
  template?: string;
  name?: string;
  type?: string;
  description?: string;
  /** Of one. */
  weight?: number;
  volume?: number;
  /** Where it can be worn. */
  slot?: string;
  worn?: boolean;
  durability?: number;
  usable?: boolean;
  /** It can be used and worn, and neither dropped nor given. */
  personal?: boolean;
}

/**
 * One who fights: `character:7` or `npc:3`. `intent` is what an enemy is about to do; `target` is the fighter that it
 * means.
 */
export interface FighterView {
  id: string;
  name: string;
  /** 0: the players, 1: their enemies. */
  side: number;
  hp: number;
  max_hp: number;
  intent?: string;
  target?: string;
  /** A player that has chosen for this round. */
  chosen?: boolean;
}

/**
 * A fight in this place, in the round that is open for choices until `until` (Unix seconds by the database's clock).
 */
export interface FightView {
  id: number;
  round: number;
  until: number;
  fighters?: Array<FighterView>;
  over?: boolean;
}

/** A place as one sees it on arriving. */
export interface LocationView {
  id: string;
  name: string;
  district: string;
  description: string;
  danger_level: number;
  image: string;
  image_alt: string;
  x: number;
  y: number;
  exits: Array<ExitView>;
  things: Array<ThingView>;
  npcs: Array<NpcView>;
  /** The other players by name, without the own character. Of a crowd the first 50. */
  players: Array<PlayerView>;
  /** Things that lie here. Of very many, 50: those that belong here, and those that were laid down last. */
  items: Array<ItemView>;
  /** How many are here besides `players`. */
  more_players: number;
  /** How many things lie here besides `items`. */
  more_items: number;
  /** Exits, people and things in one line of prose. */
  around: string;
  /** The fight that is going on here. */
  fight: FightView | null;
}

/** The bag and what is worn, and how much one can carry (kg, litres). */
export interface InventoryView {
  items: Array<ItemView>;
  weight: number;
  max_weight: number;
  volume: number;
  max_volume: number;
}

/** A place on the map. Unexplored neighbours have a coordinate only. */
export interface PlaceView {
  id: string;
  x: number;
  y: number;
  explored?: boolean;
  name?: string;
  district?: string;
  danger_level?: number;
  /** Direction to location id; explored places only. */
  exits?: Record<string, string>;
}

/** A command that this server knows, for completion and help. */
export interface CommandView {
  name: string;
  usage: string;
  summary: string;
  aliases: Array<string>;
  /** The rest of the line is words that are spoken: a `;` among them does not end the command. */
  speaks: boolean;
}

/** A choice that a conversation offers: `choose` takes its id, or its number from 1. */
export interface ChoiceView {
  id: string;
  text: string;
}

/** Where the character stands in a conversation. Without choices it is over. */
export interface TalkView {
  npc: string;
  name: string;
  passage?: string;
  /** Text that the NPC has said. */
  says?: string;
  choices?: Array<ChoiceView>;
  /** Topics that the NPC can be asked about. */
  topics?: Array<string>;
}

/** A quest that the character is on; `done` when it has just been finished, and is no longer among the open ones. */
export interface QuestView {
  id: string;
  title: string;
  /** From 1. */
  step: number;
  steps: number;
  /** Text of the task to do now. */
  says?: string;
  count?: number;
  /** How many the step needs, where it counts; else 0. */
  of?: number;
  done?: boolean;
}

/** Everything a client needs to draw the game from nothing. */
export interface Snapshot {
  you: You;
  location: LocationView;
  inventory: InventoryView;
  map: Array<PlaceView>;
  commands: Array<CommandView>;
  /** The conversation that the character is in. */
  talk: TalkView | null;
  /** The quests that the character is on. */
  quests: Array<QuestView>;
  /** The effects that follow from load and stamina, whether they are there or not. */
  conditions: Array<EffectView>;
}

/** The answer to hello. `recovered`: all missed events follow; otherwise the snapshot replaces them. */
export interface Welcome {
  type: "welcome";
  recovered: boolean;
  worker_id: string;
  session: SessionView;
  snapshot: Snapshot;
  positions: Record<string, WirePosition>;
  /** The greatest command number known for this client; 0 when there is none. */
  last_command: number;
  /**
   * Text for a new character that wakes for the first time. Show it before the place. The event `woke` brings the same
   * text.
   */
  arrival: string;
}

/** A thing that a trader sells. `buy` takes the item's id. */
export interface GoodView {
  item: string;
  name: string;
  /** In scrap, for one. */
  price: number;
  /** How many the trader has now. */
  stock: number;
  type?: string;
  description?: string;
}

/** A thing of the character that a trader would buy. `sell` takes its id. */
export interface OfferView {
  id: number;
  name: string;
  quantity: number;
  /** In scrap: for one, or for all of them where one alone is worth nothing. */
  price: number;
}

/** The goods that a trader sells, and the things that it would buy from the character. */
export interface TradeView {
  npc: string;
  name: string;
  goods: Array<GoodView>;
  buys: Array<OfferView>;
}

/** A clue that the character has found. */
export interface ClueView {
  id: string;
  says: string;
}

/** A mystery of the city, with the clues that the character has found. */
export interface MysteryView {
  id: string;
  question: string;
  clues: Array<ClueView>;
  /** How many clues there are. */
  of: number;
  /** Empty until all clues are found. */
  answer?: string;
}

/** `data` of a reply. Only `message` is always there; the rest says what has changed or what was asked for. */
export interface Outcome {
  message: string;
  /** Name of the command that a typed line was understood as. */
  command?: string;
  you?: You;
  /** The character's things that changed; quantity 0: the character does not have it any more. */
  items?: Array<ItemView>;
  /** weight, max_weight, volume, max_volume after the change; empty when unchanged. */
  load?: Array<number>;
  /** Things lying here that changed; quantity 0: no longer here. */
  ground?: Array<ItemView>;
  location?: LocationView;
  inventory?: InventoryView;
  map?: Array<PlaceView>;
  players?: Array<PlayerView>;
  topics?: Array<string>;
  /** Where the character stands in a conversation after this command; it stands where it stood when this is missing. */
  talk?: TalkView;
  /** The things that a trader here sells and buys, as of now. */
  trade?: TradeView;
  /** The quests that the character is on: the answer to `quests`. */
  quests?: Array<QuestView>;
  /** The answer to `journal`. */
  journal?: Array<MysteryView>;
  /**
   * Line to type next to continue, as a command of its own; empty when the work is finished. A client sends it by
   * itself only while nothing has happened since and the player has typed nothing.
   */
  next_line?: string;
}

/** Why not: a stable code, what happened, what to do. */
export interface ErrorView {
  code: string;
  message: string;
  hint: string;
}

/** The answer to one command: `data` when `ok`, else `error`. `id` 0: the frame had none that could be read. */
export type Reply =
  | { type: "reply"; id: number; ok: true; data: Outcome; error?: undefined; correlation_id?: string }
  | { type: "reply"; id: number; ok: false; data?: undefined; error: ErrorView; correlation_id?: string };

/** Sent in place of events that could not be recovered: draw everything again. */
export interface SnapshotFrame {
  type: "snapshot";
  reason: string;
  snapshot: Snapshot;
  /**
   * Channels in which events are missing, and the position from which each continues; the other channels continue as
   * before. A location among them is the character's location now: the channel of the former one is over.
   */
  positions: Record<string, WirePosition>;
  /** Where each channel stood when the snapshot was read: it contains the facts of events up to there. */
  behind: Record<string, WirePosition>;
}

/** This worker is about to leave: reconnect after this time; nothing is lost. */
export interface Reconnect {
  type: "reconnect";
  after_ms: number;
}

/** `data` of location_update and state_update events: absolute facts, each with the version of what it speaks of. */
export interface Happening {
  /**
   * One of the examples, or an extension's own, which begins with the name of its plugin and a dot: `dice.rolled`.
   * Clients show `message` for an action that they do not know.
   */
  action: "player_arrived" | "player_left" | "player_linkdead" | "player_returned" | "item_picked_up" | "item_dropped" | "item_given" | "item_used" | "item_equipped" | "item_unequipped" | "searched" | "rested" | "stood_up" | "decayed" | "talked" | "bought" | "sold" | "woke" | "moved" | "item_received" | "npc_arrived" | "npc_left" | "npc_spoke" | "fight_began" | "fight_joined" | "fight_round" | "fight_over" | "hurt" | "looted" | "quest_begun" | "quest_advanced" | "quest_done" | "clue_found" | "affected" | "repaired" | "returned" | "notified" | "player_renamed" | "announced" | "ignoring" | (string & {});
  message: string;
  player?: PlayerView;
  /** The acting character's row version. */
  version?: number;
  /** `player_left` by an exit: its direction. */
  direction?: string;
  location_id?: string;
  /** `npc_arrived`, `npc_left` and `npc_spoke`: the NPC. */
  npc?: NpcView;
  /** `fight_began`, `fight_joined`, `fight_round` and `fight_over`: the fight as it is now. */
  fight?: FightView;
  ground?: Array<ItemView>;
  items?: Array<ItemView>;
  load?: Array<number>;
  you?: You;
  /** `moved`: the new location channel's position from before the move was committed. */
  position?: WirePosition;
  /** `moved`: filled in by the server that holds the socket. */
  location?: LocationView;
  /**
   * `moved`: not by an own command to move (death, flight, a location that was removed). Show `message`: no reply has
   * it.
   */
  forced?: boolean;
  map?: Array<PlaceView>;
  positions?: Record<string, WirePosition>;
  /**
   * `quest_begun`, `quest_advanced` and `quest_done`: the quests that have changed, as they are now. An event with an
   * older `version` is ignored.
   */
  quests?: Array<QuestView>;
  /** `ignoring`: ids of the characters whose speech the own character does not get. */
  ignores?: Array<number>;
}

/** `data` of chat events. */
export interface Chat {
  kind: "emote" | "say" | "shout" | "whisper";
  sender: PlayerView;
  text: string;
  message: string;
}

/** Send it as `Authorization: Bearer …` (or in hello). */
export interface AccessToken {
  access_token: string;
  /** Seconds. */
  expires_in: number;
  token_type: string;
}

/** A character of the account. */
export interface CharacterView {
  id: number;
  name: string;
  level: number;
  location_id: string;
  location_name: string;
}

/** Something happened in a location: a character came or left, or took, dropped or used something. */
export interface LocationUpdateEvent {
  type: "location_update";
  channel: string;
  offset: number;
  epoch: string;
  data: Happening;
  timestamp: string;
}

/** Something happened to the player's character: it has moved (`moved`) or received something (`item_received`). */
export interface StateUpdateEvent {
  type: "state_update";
  channel: string;
  offset: number;
  epoch: string;
  data: Happening;
  timestamp: string;
}

/** A character has said, acted out or whispered something. */
export interface ChatEvent {
  type: "chat";
  channel: string;
  offset: number;
  epoch: string;
  data: Chat;
  timestamp: string;
}

/** Operators say something to all players (`announced`). */
export interface AnnouncementEvent {
  type: "announcement";
  channel: string;
  offset: number;
  epoch: string;
  data: Happening;
  timestamp: string;
}

/** A command, whose `id` the outbox adds. */
export type ClientCommand =
  | Look
  | Move
  | Say
  | Emote
  | Whisper
  | Shout
  | Who
  | Talk
  | Choose
  | Ask
  | Greet
  | Attack
  | Defend
  | Flee
  | Intents
  | Consider
  | Loot
  | Goods
  | Buy
  | Sell
  | Gesture
  | Map
  | Score
  | Effects
  | Exits
  | Time
  | Train
  | Repair
  | Inventory
  | PickUp
  | Drop
  | Give
  | Use
  | Equip
  | Unequip
  | HandleThing
  | Search
  | Stand
  | Rest
  | Quests
  | Journal
  | Report
  | Ignore
  | Unignore
  | Help
  | Line;

/** What a client sends. */
export type ClientFrame =
  | Hello
  | ClientCommand;

/** What happens, as the server tells of it. An extension may send further types: they carry `data.message`, too. */
export type GameEvent =
  | LocationUpdateEvent
  | StateUpdateEvent
  | ChatEvent
  | AnnouncementEvent;

/** What the server sends. */
export type ServerFrame =
  | Welcome
  | SnapshotFrame
  | Reconnect
  | Reply
  | GameEvent;
