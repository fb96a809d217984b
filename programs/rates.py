"""How often programs are compiled and run: by one person or token, and for one account together."""

from httpapi.throttles import AccountThrottle, ActorThrottle


class BuildByActor(ActorThrottle):
    scope = "build"
    rate = "30/min"


class BuildByAccount(AccountThrottle):
    scope = "build.account"
    rate = "60/min"


class CheckByActor(ActorThrottle):
    scope = "check"
    rate = "120/min"


class CheckByAccount(AccountThrottle):
    scope = "check.account"
    rate = "240/min"


class ReplayByActor(ActorThrottle):
    scope = "replay"
    rate = "30/min"


class ReplayByAccount(AccountThrottle):
    scope = "replay.account"
    rate = "60/min"


BUILD = (BuildByActor, BuildByAccount)
CHECK = (CheckByActor, CheckByAccount)
REPLAY = (ReplayByActor, ReplayByAccount)
