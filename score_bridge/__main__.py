"""`python -m score_bridge` is `score-bridge`."""

from score_bridge.cli import main

if __name__ == "__main__":
    main()
