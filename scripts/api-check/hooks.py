"""Values of the formats that the description of the API names."""
import schemathesis
from hypothesis import strategies as st

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"


def with_check_digit(body):
    """ISO 6166: letters count as 10 to 35, then Luhn."""
    digits = "".join(str(int(one, 36)) for one in body)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        weighted = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += weighted - 9 if weighted > 9 else weighted
    return body + str(-total % 10)


bodies = st.builds(
    lambda country, number: country + number,
    st.text(LETTERS, min_size=2, max_size=2),
    st.text(LETTERS + DIGITS, min_size=9, max_size=9),
)
schemathesis.openapi.format("isin", bodies.map(with_check_digit))
schemathesis.openapi.format("currency", st.sampled_from(["EUR", "USD", "GBP", "CHF", "JPY"]))


def is_isin(value):
    import re

    is_form = isinstance(value, str) and re.fullmatch("[A-Z]{2}[A-Z0-9]{9}[0-9]", value)
    return bool(is_form) and with_check_digit(value[:-1]) == value


def values_in(part):
    if isinstance(part, dict):
        return [*part.keys(), *(one for value in part.values() for one in values_in(value))]
    return [one for value in part for one in values_in(value)] if isinstance(part, list) else [part]


@schemathesis.hook
def filter_case(_context, case):
    """One of ten texts that look like an ISIN is one: it does not violate the format, which the generator cannot know."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_negative:
        return True
    description = getattr(meta.phase.data, "description", None) or ""
    return "format" not in description or not any(is_isin(one) for one in values_in(case.body))


@schemathesis.hook
def map_query(_context, query):
    """Lines that follow until the caller leaves are no answer that could be checked."""
    if query and "follow" in query:
        query["follow"] = "false"
    return query


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """Leaves the installation what the rest of the check needs: its tokens and its functions."""
    if case.method in ("GET", "POST") or not isinstance(case.body, dict):
        return
    for field in ("name", "functionName", "service"):
        named = case.body.get(field)
        if case.path.startswith("/system/") and isinstance(named, str) and named in kept_names(case):
            case.body[field] = f"other-{named}"[:63]


def kept_names(case):
    paths = case.operation.schema.raw_schema["paths"]
    functions = [path.rsplit("/", 1)[-1] for path in paths if path.startswith("/function/")]
    return {*functions, "page", "read-token", "write-token", "trade-token"}


@schemathesis.deserializer("application/x-ndjson")
def last_line(_context, response):
    """A stream is messages of one form, a line each; the last one is held against the schema."""
    import json

    lines = [line for line in response.text.splitlines() if line]
    if not lines and "/system/logs?" in response.request.url:
        # As many lines as there are: where there is none, none differs. A stream of a function has a last message.
        return {"name": "", "namespace": "", "instance": "", "timestamp": "1970-01-01T00:00:00Z", "text": ""}
    return json.loads(lines[-1]) if lines else {}


@schemathesis.check
def refusal_is_documented(_context, response, case):
    """A 400 of a function has the code of docs/use/errors.md, and names each field that is wrong, with a reason."""
    if response.status_code != 400 or not case.path.startswith("/function/"):
        return
    body = response.json()
    violations = body.get("violations")
    assert body.get("code") == "INVALID_REQUEST", f"400 with the code {body.get('code')!r}"
    assert isinstance(violations, list) and violations, "400 that names no field"
    for one in violations:
        assert one.get("field") and one.get("message"), f"a violation without field or reason: {one!r}"


def field_pattern(rule):
    """`trades[].isin` and `constraints.*` as a pattern for the fields that a violation names."""
    import re

    named = re.escape(rule).replace(re.escape("[]"), r"(\[\d+\]|\.\d+)").replace(r"\*", ".*")
    whole = "." in rule or "[" in rule
    return re.compile(f"^{named}$" if whole else f"^(.*[.])?{named}$", re.DOTALL)


@schemathesis.check
def refusal_of_valid_data_has_its_rule(_context, response, case):
    """A request that meets its schema is refused as invalid only for a rule that its operation states (x-request-rules)."""
    meta = case.meta
    if response.status_code != 400 or meta is None or not meta.generation.mode.is_positive:
        return
    rules = case.operation.definition.raw.get("x-request-rules")
    if not case.path.startswith("/function/"):
        return
    assert rules, f"a valid request is refused, and the operation states no rule: {response.text[:300]}"
    patterns = [field_pattern(rule) for rule in rules]
    for one in response.json()["violations"]:
        stated = any(pattern.match(one["field"]) for pattern in patterns)
        assert stated, f"a valid request is refused for {one['field']}, of which no rule is stated: {one['message']}"


@schemathesis.check
def failure_code_is_listed(_context, response, case):
    """The code of a failure is one of those that the operation lists for the status."""
    if response.status_code < 400 or not case.path.startswith("/function/"):
        return
    if "application/json" not in response.headers.get("content-type", [""])[0]:
        return
    raw = case.operation.schema.raw_schema
    listed = raw["paths"][case.operation.path]["post"]["responses"].get(str(response.status_code))
    if listed is None:
        return
    name = listed["$ref"].rsplit("/", 1)[-1]
    codes = raw["components"]["responses"][name].get("x-failure-codes", [])
    code = response.json().get("code")
    assert code in codes, f"{response.status_code} with {code}, of which only {codes} are listed"
