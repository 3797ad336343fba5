"""What Artillery's documentation says of a test script, as far as ours uses it: its keys, and what may stand in them."""

import re

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


def fill(value, variables):
    """A value with its expressions replaced, as a virtual user would."""
    if isinstance(value, dict):
        return {key: fill(one, variables) for key, one in value.items()}
    if isinstance(value, str):
        return EXPRESSION.sub(lambda found: str(variables[found[1]]), value)
    return value
