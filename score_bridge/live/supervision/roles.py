"""What the two children of the bridge are, and whose turn it is when cores are scarce."""

from dataclasses import dataclass

ENGINE_ENVIRONMENT = {  # what the user has set stays
    "OMP_WAIT_POLICY": "PASSIVE",  # it spins on no core while it waits
    "GOMP_SPINCOUNT": "0",
    # Memory that a step has used is kept for the next one: asking the system anew took 16 streams 1.2 of 11 ms.
    "MALLOC_MMAP_THRESHOLD_": "268435456",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "OPENBLAS_NUM_THREADS": "1",  # it computes on one thread; a template with threads could not be forked
}
PLAYER = "score_bridge.live.player.process:run_player"

# The first that the system permits is taken: below 0 only root may go, or whom the limits of PAM permit it. A note
# that is due goes before all else, then the bridge, which orders steps and watches over both children, then the
# engine. -11 is what sound servers take. Of an ordinary user's processes none may go before another program, and none
# may step back: beside six busy loops on two cores the steps of four streams all came at niceness 0, 53 to 94 % of
# them at 1, nearly all too late to be begun, and 13 % at 10.
PLAYER_NICENESS = (-15, 0)
BRIDGE_NICENESS = (-13, 0)
ENGINE_NICENESS = (-11, 0)


@dataclass(frozen=True, slots=True)
class Role:
    """What a child is: `target` is "module:function", called with an address and the arguments given at its start.

    niceness: to be tried in turn. readings: the child gets readings (`internal.Publish`) through a socket of their
    own, so that they never take the place of notes; its address is the first of the arguments. forked: where the
    system can, it is forked from a process that has imported its module already (`template`).
    longest_pause: the most seconds between two starts of one that cannot start.
    """

    name: str
    target: str
    niceness: tuple[int, ...] = (0,)
    environment: tuple[tuple[str, str], ...] = ()
    dies_with_parent: bool = False
    readings: bool = False
    forked: bool = False
    longest_pause: float = 30.0

    @property
    def module(self) -> str:
        """The module it runs."""
        return self.target.partition(":")[0]


def engine_role(target: str) -> Role:
    """Return what the engine is."""
    environment = tuple(ENGINE_ENVIRONMENT.items())
    return Role("engine", target, ENGINE_NICENESS, environment, dies_with_parent=True, forked=True)


def player_role() -> Role:
    """Return what the player is. Notes may hang while there is none, so that it is never long waited for."""
    return Role("player", PLAYER, PLAYER_NICENESS, readings=True, longest_pause=0.5)
