"""What can go wrong, in words for the person who runs the command."""


class BackupError(ValueError):
    """The backup or the restoration did not happen, and nothing was changed; `str()` says why and what to do."""


class KeyWrong(BackupError):
    """None of the keys given opens the backup."""


class BackupDamaged(BackupError):
    """The backup is cut, was altered, or is no backup at all."""


class BackupTooNew(BackupError):
    """The backup was made by a newer Parvis than this one."""


class PlaceTaken(BackupError):
    """There is an installation already where the backup should go."""
