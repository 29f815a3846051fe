"""The errors a user can meet; each message is one line that says what to do."""


class FigechoError(Exception):
    """Base of every error with a message meant for a person."""


class ConfigError(FigechoError):
    """A setting is unknown or out of range (exit code 2)."""


class SourceError(FigechoError):
    """A file, or a part of one, cannot be read; the message is the one-line reason."""
