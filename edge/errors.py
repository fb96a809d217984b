"""Typed errors: each has a machine-readable code and one sentence for people."""


class EdgeError(Exception):
    """Base of every error this room raises. `code` is stable and dotted; `message` is one sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} [{code}]")
        self.code = code
        self.message = message

    def to_json(self) -> dict[str, str]:
        """The shape a status message carries."""
        return {"code": self.code, "message": self.message[:1000]}


class ConfigError(EdgeError):
    """A command-line, configuration or environment problem; the agent ends with exit code 2."""


class BundleError(EdgeError):
    """A bundle or activation that is refused: codes `bundle.*` and `activation.*`. The last good one stays."""


class StoreError(EdgeError):
    """A file in the state folder that cannot be read, trusted or written: codes `store.*`."""


class EngineFault(EdgeError):
    """What the engine refused; the code is the engine's own."""


class ControlError(EdgeError):
    """The control plane did not give a usable answer: codes `control.*`. Usually worth another try."""


class Refused(EdgeError):
    """The control plane answered, and the answer is no: another try with the same credentials cannot help."""
