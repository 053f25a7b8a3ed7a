"""Writes shared/quant/calendars/tables/*.ts from the `exchange_calendars` package.

    python3 scripts/generate/calendar-tables.py            # all
    python3 scripts/generate/calendar-tables.py XSES XBOM  # these

It makes a virtual environment of its own in build/calendars and installs the package there from PyPI
(Apache-2.0; its calendars are facts that the exchanges publish). Run it once a year: the tables end
five years after the one it is run in. Where the package's own knowledge ends earlier, the closed days
after it are the estimates of the `holidays` package (MIT), and the table says from which day on.
The committed
tables are what the project uses; nothing else needs Python, and tests/unit/quant/calendars
holds them to their session counts and checksums offline.
"""

import datetime
import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

PACKAGE = 'exchange_calendars==4.13.2'
# Version 3 cannot move dates to the Orthodox Easter.
BESIDE = 'pandas<3'
# Knows the public holidays that an exchange keeps years before it publishes its days.
ESTIMATES = 'holidays==0.109'
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / 'build' / 'calendars'
TABLES = ROOT / 'shared' / 'quant' / 'calendars' / 'tables'
FIRST = '1980-01-01'
# Holidays that follow a rule are known far ahead; what is announced year by year ends a table earlier.
YEARS_AHEAD = 5
EXCHANGES = {
    'XNYS': 'New York Stock Exchange', 'XTSE': 'Toronto Stock Exchange',
    'XLON': 'London Stock Exchange', 'XDUB': 'Euronext Dublin', 'XETR': 'Xetra',
    'XFRA': 'Frankfurt Stock Exchange', 'XPAR': 'Euronext Paris', 'XAMS': 'Euronext Amsterdam',
    'XBRU': 'Euronext Brussels', 'XLIS': 'Euronext Lisbon', 'XMIL': 'Borsa Italiana',
    'XMAD': 'Bolsa de Madrid', 'XSWX': 'SIX Swiss Exchange', 'XWBO': 'Wiener Boerse',
    'XSTO': 'Nasdaq Stockholm', 'XHEL': 'Nasdaq Helsinki', 'XCSE': 'Nasdaq Copenhagen',
    'XOSL': 'Oslo Boers', 'XICE': 'Nasdaq Iceland', 'XWAR': 'Warsaw Stock Exchange',
    'XPRA': 'Prague Stock Exchange', 'XBUD': 'Budapest Stock Exchange',
    'ASEX': 'Athens Stock Exchange', 'XLUX': 'Luxembourg Stock Exchange',
    'XTKS': 'Tokyo Stock Exchange', 'XHKG': 'Hong Kong Stock Exchange',
    'XSES': 'Singapore Exchange', 'XKRX': 'Korea Exchange', 'XTAI': 'Taiwan Stock Exchange',
    'XSHG': 'Shanghai Stock Exchange', 'XBOM': 'BSE India', 'XASX': 'Australian Securities Exchange',
    'XNZE': 'New Zealand Exchange', 'XJSE': 'Johannesburg Stock Exchange', 'BVMF': 'B3 Sao Paulo',
    'XMEX': 'Mexican Stock Exchange',
}
# Sessions on either side among which a session's hours have to be the usual ones.
NEAR = 30


def main():
    python = ENVIRONMENT / 'bin' / 'python'
    if not python.exists():
        subprocess.run([sys.executable, '-m', 'venv', str(ENVIRONMENT)], check=True)
        subprocess.run([str(python), '-m', 'pip', 'install', '--quiet', PACKAGE, BESIDE, ESTIMATES], check=True)
    if Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
        os.execv(str(python), [str(python), str(Path(__file__).resolve()), *sys.argv[1:]])
    TABLES.mkdir(parents=True, exist_ok=True)
    for exchange in sys.argv[1:] or EXCHANGES:
        write(exchange, EXCHANGES[exchange])
    index()
    subprocess.run(['npx', 'prettier', '--log-level', 'warn', '--write', str(TABLES)], check=True, cwd=ROOT)


def calendar_of(exchange):
    import exchange_calendars

    last = f'{datetime.date.today().year + YEARS_AHEAD}-12-31'
    kind = exchange_calendars.calendar_utils._default_calendar_factories[exchange]
    low, high = kind.bound_min(), kind.bound_max()
    start = max(FIRST, str(low.date())) if low is not None else FIRST
    end = min(last, str(high.date())) if high is not None else last
    return exchange_calendars.get_calendar(exchange, start=start, end=end), start, end, last


def estimated(exchange, day, last, hours):
    """Sessions after the last one that is known: weekdays that are no public holiday the exchange keeps."""
    import holidays

    closed = holidays.financial_holidays(exchange, years=range(day.year, last.year + 1))
    while day < last:
        day += datetime.timedelta(days=1)
        if day.weekday() < 5 and day not in closed:
            yield day, hours


def hours_of(calendar):
    """Each session's day and its local hours, `HH:MM-HH:MM` or with a break `HH:MM-HH:MM,HH:MM-HH:MM`."""
    import pandas

    table = calendar.schedule
    local = {
        column: table[column].dt.tz_convert(calendar.tz)
        for column in ['open', 'break_start', 'break_end', 'close']
    }
    answers = []
    for i, day in enumerate(table.index):
        open_, begins, ends, close = (local[column].iloc[i] for column in local)
        # Tables hold hours of the session's own day.
        assert open_.date() == day.date() and close.date() == day.date(), (calendar.name, day)
        parts = [open_.strftime('%H%M'), close.strftime('%H%M')]
        if not pandas.isna(begins):
            parts[1:1] = [begins.strftime('%H%M'), ends.strftime('%H%M')]
        answers.append((day.date(), '-'.join(parts)))
    return answers


def regimes(sessions):
    """Usual hours by the day from which they hold; every other session is an exception."""
    usual, current = [], None
    for i, (day, hours) in enumerate(sessions):
        if hours == current:
            continue
        ahead = [h for _, h in sessions[i : i + 2 * NEAR]]
        if current is None:
            hours = Counter(ahead).most_common(1)[0][0]
        elif ahead.count(hours) <= NEAR:
            continue
        if hours != current:
            usual.append((day if usual else None, hours))
            current = hours
    return usual


def write(exchange, name):
    calendar, start, known, end = calendar_of(exchange)
    sessions = hours_of(calendar)
    if known < end:
        day, last = datetime.date.fromisoformat(known), datetime.date.fromisoformat(end)
        sessions += estimated(exchange, day, last, regimes(sessions)[-1][1])
    usual = [(day or datetime.date.fromisoformat(start), hours) for day, hours in regimes(sessions)]
    open_days = {day for day, _ in sessions}
    closed, special, extra = {}, {}, {}
    day, last = datetime.date.fromisoformat(start), datetime.date.fromisoformat(end)
    while day <= last:
        if day.weekday() < 5 and day not in open_days:
            closed.setdefault(day.year, []).append(day.strftime('%m%d'))
        if day.weekday() >= 5 and day in open_days:
            extra.setdefault(day.year, []).append(day.strftime('%m%d'))
        day += datetime.timedelta(days=1)
    for day, hours in sessions:
        expected = [h for first, h in usual if first <= day][-1]
        if hours != expected:
            special.setdefault(day.year, []).append(f"{day.strftime('%m%d')}:{hours}")
    text = '\n'.join(f'{day.isoformat()} {hours}' for day, hours in sessions)
    checksum = hashlib.sha256(text.encode()).hexdigest()
    lines = [
        f'/** Sessions of {name}, from {PACKAGE} (Apache-2.0); see scripts/generate/calendar-tables.py. */',
        "import type { CalendarTable } from '../calendar-table.ts';",
        '',
        f'export const {exchange.lower()}: CalendarTable = {{',
        f"  exchange: '{exchange}',",
        f"  name: '{name}',",
        f"  zone: '{calendar.tz}',",
        f"  from: '{start}',",
        f"  to: '{end}',",
        *([f"  estimatedAfter: '{known}',"] if known < end else []),
        '  hours: [',
        *(f"    ['{day}', '{hours}']," for day, hours in usual),
        '  ],',
        *years('closed', closed),
        *years('special', special),
        *years('extra', extra),
        f'  sessions: {len(sessions)},',
        f"  checksum: '{checksum}',",
        '};',
        '',
    ]
    (TABLES / f'{exchange.lower()}.ts').write_text('\n'.join(lines))
    print(exchange, start, end, len(sessions), usual)


def years(title, listed):
    if not listed:
        return [f'  {title}: {{}},']
    entries = [f"    {year}: '{' '.join(days)}'," for year, days in sorted(listed.items())]
    return [f'  {title}: {{', *entries, '  },']


def index():
    names = [exchange.lower() for exchange in EXCHANGES]
    lines = [
        '/** Every table, by exchange; written by scripts/generate/calendar-tables.py. */',
        "import type { CalendarTable } from '../calendar-table.ts';",
        *(f"import {{ {name} }} from './{name}.ts';" for name in names),
        '',
        'export const calendarTables: readonly CalendarTable[] = [',
        *(f'  {name},' for name in names),
        '];',
        '',
    ]
    (TABLES / 'all.ts').write_text('\n'.join(lines))


if __name__ == '__main__':
    main()
