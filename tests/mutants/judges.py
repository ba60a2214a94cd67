"""Which files are given faults, and which tests must notice: the few that are nearest to each file."""

from pathlib import Path

SQL = (
    "tests/storage/test_commit_checks.py",
    "tests/storage/test_change_kinds.py",
    "tests/storage/test_lock_order.py",
    "tests/game/test_ground.py",
    "tests/game/test_asked_again.py",
    "tests/storage/test_timers.py",
    "tests/game/test_populations.py",
    "tests/game/test_trading.py",
)
SERVICE = (
    "tests/game/test_crashing_commands.py",
    "tests/game/test_asked_again.py", "tests/game/test_lines.py", "tests/game/test_presence.py", "tests/game/test_cached_play.py",
    "tests/game/test_http_presence.py", "tests/game/test_write_through.py", "tests/resilience/test_hostile.py", "tests/resilience/test_away.py",
)  # fmt: skip
PLAY = (
    "tests/game/test_lines.py",
    "tests/game/test_ground.py",
    "tests/game/test_people.py",
    "tests/game/test_verbs.py",
    "tests/game/test_kit.py",
)
FIGHTS = (
    "tests/game/test_round_ends.py",
    "tests/game/test_fight_rules.py",
    "tests/game/test_fights.py",
    "tests/game/test_effects.py",
    "tests/game/test_growth.py",
)
AWAY = ("tests/resilience/test_contracts.py", "tests/resilience/test_away.py", "tests/resilience/test_hostile.py")
REDIS = (
    "tests/redis_backend/test_facilities.py",
    "tests/redis_backend/test_foreign.py",
    "tests/redis_backend/test_races.py",
    "tests/redis_backend/test_scripts.py",
    "tests/redis_backend/test_keys.py",
)
JUDGES: dict[str, tuple[str, ...]] = {
    "core/echoes/storage/functions.sql": SQL,
    "core/echoes/caching.py": ("tests/core/test_caching.py", "tests/game/test_cached_play.py", "tests/game/test_invalidation.py"),
    "core/echoes/world/rules.py": ("tests/world/test_rules.py", *PLAY),
    "core/echoes/world/talk.py": ("tests/world/test_dialogues.py", "tests/game/test_conversations.py"),
    "core/echoes/world/trade.py": ("tests/world/test_trade.py", "tests/game/test_trading.py"),
    "core/echoes/world/economy.py": ("tests/world/test_trade.py",),
    "core/echoes/game/outbox.py": ("tests/game/test_outbox.py", "tests/resilience/test_away.py", "tests/storage/test_outbox_rows.py"),
    "core/echoes/game/service.py": SERVICE,
    "core/echoes/game/reconciler.py": ("tests/game/test_reconciler.py", "tests/game/test_membership.py", "tests/resilience/test_away.py"),
    "core/echoes/game/presence.py": ("tests/game/test_presence.py", "tests/game/test_reconciler.py", "tests/game/test_http_presence.py"),
    "core/echoes/game/http_presence.py": ("tests/game/test_http_presence.py",),
    "core/echoes/game/contents.py": ("tests/game/test_contents.py", "tests/storage/test_contents.py"),
    "core/echoes/game/resume_positions.py": ("tests/game/test_resume_positions.py",),
    "core/echoes/game/speech_limits.py": ("tests/game/test_speech_limits.py",),
    "core/echoes/world/combat.py": ("tests/world/test_combat.py", *FIGHTS),
    "core/echoes/game/fights.py": FIGHTS,
    "core/echoes/game/fight_timers.py": FIGHTS,
    "core/echoes/game/rounds.py": FIGHTS,
    "core/echoes/game/round_text.py": FIGHTS,
    "core/echoes/game/aftermath.py": FIGHTS,
    "core/echoes/game/death.py": FIGHTS,
    "core/echoes/game/effect*.py": ("tests/game/test_effect_changes.py", "tests/game/test_effects.py", "tests/game/test_health.py"),
    "core/echoes/world/effects.py": ("tests/world/test_effects.py", "tests/game/test_effects.py", "tests/game/test_health.py"),
    "core/echoes/world/growth.py": ("tests/world/test_growth.py", "tests/game/test_growth.py", "tests/game/test_health.py"),
    "core/echoes/world/wear.py": ("tests/world/test_wear.py", "tests/game/test_growth.py"),
    "core/echoes/game/deed.py": ("tests/game/test_deeds.py", *PLAY),
    "core/echoes/game/timers.py": ("tests/game/test_population_rules.py", "tests/game/test_clockwork.py"),
    "core/echoes/game/quests.py": ("tests/world/test_quests.py", "tests/game/test_quests.py"),
    "core/echoes/game/quest*.py": ("tests/game/test_quest_changes.py", "tests/game/test_quests.py"),
    "core/echoes/game/clues.py": ("tests/game/test_quest_changes.py", "tests/game/test_quests.py"),
    "core/echoes/game/gifts.py": ("tests/game/test_quest_changes.py", "tests/game/test_quests.py"),
    "core/echoes/game/conversations.py": ("tests/game/test_conversations.py",),
    "core/echoes/game/market.py": ("tests/game/test_quest_changes.py", "tests/game/test_trading.py"),
    "core/echoes/game/clockwork.py": ("tests/game/test_clockwork.py", "tests/storage/test_timers.py"),
    "core/echoes/game/populating.py": (
        "tests/game/test_population_rules.py",
        "tests/game/test_populations.py",
    ),
    "core/echoes/game/behaviours.py": ("tests/game/test_behaviours.py", "tests/game/test_population_rules.py"),
    "core/echoes/game/npcs.py": (
        "tests/game/test_population_rules.py",
        "tests/game/test_populations.py",
        "tests/game/test_conversations.py",
    ),
    "core/echoes/game/tools.py": ("tests/game/test_extension_kinds.py", "tests/storage/test_extension_steps.py"),
    "core/echoes/storage/extension_steps.py": ("tests/storage/test_extension_steps.py",),
    "core/echoes/world/packs.py": ("tests/world/test_packs.py",),
    "core/echoes/plugins/offered.py": ("tests/core/test_offered.py",),
    "core/echoes/web/extension_routes.py": ("tests/web/test_extension_routes.py",),
    "core/echoes/game/relocations.py": ("tests/game/test_relocations.py",),
    "core/echoes/game/several.py": ("tests/game/test_several.py",),
    "core/echoes/game/sentences.py": ("tests/game/test_phrases.py", "tests/game/test_lines.py"),
    "core/echoes/game/targets.py": ("tests/game/test_targets.py",),
    "core/echoes/game/litter.py": ("tests/game/test_deeds.py", "tests/game/test_ground.py"),
    "core/echoes/game/returning.py": ("tests/game/test_returning.py",),
    "core/echoes/game/observers.py": ("tests/game/test_observers.py",),
    "core/echoes/unknown_words.py": ("tests/ops/test_unknown_words.py",),
    "core/echoes/storage/fact_pages.py": ("tests/ops/test_facts.py",),
    "core/echoes/ops/tail.py": ("tests/ops/test_facts.py",),
    "core/echoes/ops/looks.py": ("tests/ops/test_facts.py",),
    "core/echoes/game/scene.py": ("tests/game/test_scenes.py", *PLAY, "tests/game/test_cached_play.py"),
    "core/echoes/game/views.py": ("tests/game/test_views.py",),
    "core/echoes/game/*.py": (*PLAY, "tests/game/test_costs.py", "tests/game/test_cached_play.py"),
    "core/echoes/resilience/breaker.py": ("tests/resilience/test_breaker.py", "tests/resilience/test_away.py"),
    "core/echoes/resilience/broadcast.py": ("tests/resilience/test_broadcast.py", *AWAY),
    "core/echoes/resilience/guarded.py": ("tests/resilience/test_guarded.py", "tests/resilience/test_hostile.py"),
    "core/echoes/resilience/[lrs]*.py": ("tests/resilience/test_own_memory.py", *AWAY),
    "core/echoes/resilience/*.py": ("tests/resilience/test_breaker.py", *AWAY),
    "plugins/redis_backend/echoes_redis/lua/lock_*.lua": ("tests/redis_backend/test_lock.py", *REDIS),
    "plugins/redis_backend/echoes_redis/lua/channel*.lua": (
        "tests/redis_backend/test_broadcast_contract.py",
        *REDIS,
        "tests/redis_backend/test_full.py",
    ),
    "plugins/redis_backend/echoes_redis/lua/registry_*.lua": ("tests/redis_backend/test_registry_rows.py", *REDIS),
    "plugins/redis_backend/echoes_redis/lua/*.lua": (*REDIS, "tests/redis_backend/test_keeping_count.py"),
}
"""The first pattern that a file matches counts."""


def files_of(root: Path, patterns: list[str]) -> dict[str, tuple[str, ...]]:
    """The files that match any of the patterns and have judges, with these. A pattern of nothing is a mistake: ValueError."""
    known: dict[str, tuple[str, ...]] = {}
    for pattern, tests in JUDGES.items():
        for path in sorted(root.glob(pattern)):
            known.setdefault(str(path.relative_to(root)), tests)
    chosen: dict[str, tuple[str, ...]] = {}
    for pattern in patterns:
        matching = {name: tests for name, tests in known.items() if Path(name).match(pattern)}
        if not matching:
            raise ValueError(f"no file with judges matches {pattern!r}; tests/mutants/judges.py lists them")
        chosen |= matching
    return chosen
