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


@schemathesis.deserializer("application/x-ndjson")
def last_line(_context, response):
    """A stream is messages of one form, a line each; the last one is held against the schema."""
    import json

    lines = [line for line in response.text.splitlines() if line]
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
