"""Holds what the tools print against the schema that they print, and stricter: a field that the schema does not name is an error here."""
import json

import jsonschema


def strict(schema):
    """The schema with nothing allowed that it does not name. What is published allows more: later versions may add fields."""
    if isinstance(schema, dict):
        out = {key: strict(value) for key, value in schema.items()}
        if "properties" in out:
            out.setdefault("additionalProperties", False)
        return out
    return [strict(item) for item in schema] if isinstance(schema, list) else schema


class Schema:
    def __init__(self, text):
        self.published = json.loads(text)
        jsonschema.Draft202012Validator.check_schema(self.published)
        self.any = jsonschema.Draft202012Validator(self.published)
        self.defs = strict(self.published["$defs"])
        self.seen = set()
        self.validators = {}
        self.codes = set()  # of the events that it has seen

    def events(self):
        return {name for name in self.defs if name.startswith("event.")}

    def outputs(self):
        """Every document and line that a tool can print."""
        return {reference["$ref"].rsplit("/", 1)[1] for reference in self.published["anyOf"]}

    def problems(self, name, value):
        """What is wrong with a value that should be the output or event of this name."""
        if name == "event":
            self.seen.add(name)
            if isinstance(value.get("code"), str):
                self.codes.add(value["code"])
            return self.problems("event." + value.get("type", "?"), value)
        is_new = name not in self.seen
        self.seen.add(name)
        if name == "events":
            for event in value["events"]:
                self.seen.add("event." + event.get("type", "?"))
        if name not in self.defs:
            return [f"the schema has no {name}"]
        if name not in self.validators:
            self.validators[name] = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": self.defs})
        found = [f"{name}: {'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in self.validators[name].iter_errors(value)]
        if not found and is_new:  # looks for the one that fits among all, which is slow
            found = [f"{name}: the published schema refuses it: {e.message[:300]}" for e in self.any.iter_errors(value)]
        return found
