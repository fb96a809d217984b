"""A server for clients of other people's making: uvicorn on loopback, its own database, tasks done in place.

`python -m tests.clients.serve FOLDER PORT` prints one line of JSON (the accounts and their tokens) and then serves. It
stands for web server and worker at once: no Redis is needed, and a build ends before its request does.
"""

import json
import os
import sys


def main() -> None:
    """Migrates, fills the database, prints the facts, serves until it is killed."""
    folder, port = sys.argv[1], int(sys.argv[2])
    os.environ["FLOWPROTECT_VAR"] = folder
    # Settings and error pages as in production; only the tasks run here.
    os.environ.update(
        {
            "FLOWPROTECT_DEBUG": "0",
            "FLOWPROTECT_SECRET_KEY": "only-for-tests-" * 4,
            "FLOWPROTECT_HOSTS": "127.0.0.1",
            # The clients speak plain HTTP: there is no proxy with TLS here.
            "FLOWPROTECT_SSL_REDIRECT": "0",
        }
    )
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.clients.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    print(json.dumps(facts()), flush=True)
    import uvicorn

    uvicorn.run("flowprotect.asgi:application", host="127.0.0.1", port=port, log_level="warning", lifespan="off")


def facts() -> dict[str, object]:
    """An account that waives approval, and one that does not, with tokens by role."""
    from accounts.models import Account, ApiToken
    from fleet.models import Datacenter, Region

    region = Region.objects.create(code="WEUR", name="Western Europe")
    Datacenter.objects.create(code="ams1", name="Amsterdam", region=region)
    found: dict[str, object] = {}
    for name, waives in (("trusting", True), ("careful", False)):
        account = Account.objects.create(name=name, waives_approval=waives)
        tokens = {role: ApiToken.issue(account, role, role)[1] for role in ("viewer", "owner")}
        found[name] = {"id": account.pk, "tokens": tokens}
    return found


if __name__ == "__main__":
    main()
