"""What Artillery's documentation says of a test script, as far as ours uses it: its keys, what may stand in them, and
what then happens."""

import operator
import re
import time
import uuid
from collections import Counter
from urllib.parse import urlsplit

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

CONFIG = {"target", "phases", "environments", "plugins", "ensure", "http", "ws", "variables", "payload", "defaults"}
PHASE = {"name", "duration", "arrivalRate", "arrivalCount", "rampTo", "maxVusers", "pause"}
PLUGINS = {"expect", "ensure", "publish-metrics", "metrics-by-endpoint", "apdex"}
SCENARIO = {"name", "engine", "weight", "flow", "beforeScenario", "afterScenario", "beforeRequest", "afterResponse"}
SHARED_ACTIONS = {"think", "log", "loop", "function"}
ACTIONS = {
    "ws": SHARED_ACTIONS | {"send", "connect"},
    "http": SHARED_ACTIONS | {"get", "post", "put", "patch", "delete", "head"},
}
REQUEST = {"url", "headers", "json", "body", "form", "formData", "qs", "capture", "expect", "auth", "cookie", "ifTrue"}
CAPTURE = {"json", "header", "regexp", "xpath", "selector", "as", "strict"}
EXPECTATIONS = {"statusCode", "notStatusCode", "contentType", "hasProperty", "notHasProperty", "equals", "hasHeader",
                "headerEquals", "matchesRegexp", "cdnHit"}  # fmt: skip
# A variable, one of the virtual user's own, or one of the environment.
EXPRESSION = re.compile(r"\{\{\s*(\$env\.[A-Z_]+|\$uuid|\$randomString\(\)|\$randomNumber\(\d+, ?\d+\)|[A-Za-z_]\w*)\s*\}\}")


def problems(script):
    """Everything about a script that Artillery's documentation does not have, in words."""
    found = []

    def keys(value, allowed, where):
        if not isinstance(value, dict):
            return found.append(f"{where} is no mapping")
        found.extend(f"{where}: there is no {key!r}" for key in value if key not in allowed)

    def phases(value, where):
        if not isinstance(value, list) or not value:
            return found.append(f"{where}: there is no phase")
        for phase in value:
            keys(phase, PHASE, f"{where}: a phase")
            if not (phase.get("pause") or phase.get("duration") and {"arrivalRate", "arrivalCount", "rampTo"} & set(phase)):
                found.append(f"{where}: a phase brings nobody")

    def request(value, where):
        keys(value, REQUEST, where)
        if "url" not in value:
            found.append(f"{where}: there is no url")
        if len({"json", "body", "form", "formData"} & set(value)) > 1:
            found.append(f"{where}: there are two bodies")
        for capture in value.get("capture", []):
            keys(capture, CAPTURE, f"{where}, capture")
            if "as" not in capture:
                found.append(f"{where}, capture: it has no name")
        for expectation in value.get("expect", []):
            keys(expectation, EXPECTATIONS, f"{where}, expect")

    keys(script, {"config", "scenarios", "before", "after"}, "the script")
    config = script.get("config", {})
    keys(config, CONFIG, "config")
    if not re.match(r"(ws|http)s?://", str(config.get("target"))):
        found.append("config: the target is no URL")
    phases(config.get("phases"), "config")
    keys(config.get("plugins", {}), PLUGINS, "plugins")
    for name, environment in config.get("environments", {}).items():
        keys(environment, CONFIG, name)
        phases(environment.get("phases", config.get("phases")), name)
    for condition in config.get("ensure", {}).get("conditions", []):
        keys(condition, {"expression", "strict"}, "ensure, conditions")
    keys(config.get("ensure", {}), {"thresholds", "conditions"}, "ensure")
    for scenario in script.get("scenarios") or [{}]:
        where = f"scenario {scenario.get('name')!r}"
        keys(scenario, SCENARIO, where)
        engine = scenario.get("engine", "http")
        if engine not in ACTIONS:
            found.append(f"{where}: there is no engine {engine!r}")
            continue
        if not scenario.get("weight", 1) > 0:
            found.append(f"{where}: its weight is 0, so that it never runs")
        for step in scenario.get("flow") or [{}]:
            if len(step) != 1:
                found.append(f"{where}: a step is one action, not {sorted(step)}")
                continue
            ((action, value),) = step.items()
            if action not in ACTIONS[engine]:
                found.append(f"{where}: {engine} has no {action!r}")
            elif action in {"get", "post", "put", "patch", "delete", "head"}:
                request(value, f"{where}, {action}")
    found += [f"not an expression: {text}" for text in re.findall(r"\{\{.*?\}\}", str(script)) if not EXPRESSION.fullmatch(text)]
    return found


class Load:
    """What Artillery's documentation says of running a script, performed against a daemon: requests, captures,
    expectations, messages, and `ensure`. Nobody waits: `think` is a sign of life over the WebSocket instead."""

    def __init__(self, script, daemon, token):
        self.config, self.scenarios = script["config"], script["scenarios"]
        self.daemon = daemon
        self.environment = {"$env.ARTICLES_URL": daemon.url, "$env.ARTICLES_TOKEN": token}
        self.metrics = Counter()
        self.times = []
        self.errors = []

    def run(self):
        """As many users of each scenario as its weight says."""
        for scenario in self.scenarios:
            for _ in range(scenario.get("weight", 1)):
                self.metrics["vusers.created"] += 1
                try:
                    {"http": self.publish, "ws": self.subscribe}[scenario.get("engine", "http")](scenario["flow"])
                except (AssertionError, OSError, WebSocketException, httpx.HTTPError) as error:
                    self.errors.append(f"{scenario['name']}: {error}")
                    self.metrics["vusers.failed"] += 1
                else:
                    self.metrics["vusers.completed"] += 1
        self.metrics.setdefault("vusers.failed", 0)
        return self

    def variables(self):
        """Of one user: of each list one value."""
        return self.environment | {"$uuid": uuid.uuid4()} | {name: one[0] for name, one in self.config["variables"].items()}

    def publish(self, flow):
        variables = self.variables()
        with httpx.Client(timeout=self.config["http"]["timeout"], trust_env=False, verify=False) as client:
            for ((method, request),) in map(dict.items, flow):
                begun = time.monotonic()
                answer = client.request(
                    method.upper(),
                    fill(request["url"], variables),
                    headers=fill(request.get("headers", {}), variables),
                    data=fill(request.get("form"), variables),
                )
                self.times.append((time.monotonic() - begun) * 1000)
                self.metrics[f"http.codes.{answer.status_code}"] += 1
                for ((kind, expected),) in map(dict.items, request["expect"]):
                    assert expectation(kind, expected, answer), f"{kind} {expected}: {answer.status_code} {answer.text}"
                for capture in request.get("capture", []):
                    assert capture["json"].startswith("$.")
                    variables[capture["as"]] = answer.json()[capture["json"][2:]]

    def subscribe(self, flow):
        # As `artillery run --target` would: the path stays the script's.
        url = urlsplit(self.config["target"])._replace(netloc=f"{self.daemon.host}:{self.daemon.port}").geturl()
        with connect(url, proxy=None) as connection:
            for ((action, value),) in map(dict.items, flow):
                if action == "send":
                    connection.send(fill(value, self.variables()))
                    self.metrics["websocket.messages_sent"] += 1
                else:
                    assert action == "think" and value > 0
                    assert connection.ping().wait(10), "the feed is dead"

    def unmet(self):
        """The checks of `ensure` that fail."""
        checks = [f"{name} < {limit}" for one in self.config["ensure"]["thresholds"] for name, limit in one.items()]
        checks += [one["expression"] for one in self.config["ensure"]["conditions"]]
        return [check for check in checks if not self.holds(check)]

    def holds(self, expression):
        name, relation, limit = expression.split()
        metrics = dict(self.metrics)
        if self.times:
            metrics["http.response_time.p99"] = sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * 0.99))]
        # A metric that is not there fails its check.
        return name in metrics and RELATIONS[relation](metrics[name], float(limit))


RELATIONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}


def expectation(kind, expected, answer):
    return {
        "statusCode": lambda: answer.status_code == expected,
        "contentType": lambda: expected in answer.headers["Content-Type"],
        "hasProperty": lambda: expected in answer.json(),
    }[kind]()


def fill(value, variables):
    """A value with its expressions replaced, as a virtual user would."""
    if isinstance(value, dict):
        return {key: fill(one, variables) for key, one in value.items()}
    if isinstance(value, str):
        return EXPRESSION.sub(lambda found: str(variables[found[1]]), value)
    return value
