"""`python -m nucleate` is `nucleate`."""

from nucleate.cli.app import main

if __name__ == "__main__":
    main()
