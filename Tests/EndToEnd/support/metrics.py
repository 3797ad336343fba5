"""A daemon's figures, as Prometheus would read them."""

import re

SAMPLE = re.compile(r"^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """One look at `/metrics`."""

    def __init__(self, text):
        self.text = text
        self.samples = {}
        self.families = set()
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                self.families.add(line.split(" ")[2])
            elif not line.startswith("#"):
                name, labels, value = SAMPLE.match(line).groups()
                self.samples[name, frozenset(LABEL.findall(labels or ""))] = float(value)

    @classmethod
    def of(cls, daemon, **headers):
        answer = daemon.client.get("/metrics", headers=headers)
        assert answer.status_code == 200, answer.text
        return cls(answer.text)

    def get(self, name, **labels):
        """The sum of the samples of a name that have these labels; there must be one."""
        found = [
            value
            for (of, all_labels), value in self.samples.items()
            if of == name and labels.items() <= set(all_labels)
        ]
        assert found, f"no {name} with {labels}"
        return sum(found)

    def __contains__(self, name):
        """Whether there is a sample or a family of that name."""
        return name in self.families or any(of == name for of, _ in self.samples)

    def labels(self, name):
        """The labels of the samples of a name."""
        return [dict(labels) for of, labels in self.samples if of == name]
