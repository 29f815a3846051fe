"""``python -m figecho`` is the same as ``figecho``."""

from figecho.cli import main

if __name__ == "__main__":
    main()
