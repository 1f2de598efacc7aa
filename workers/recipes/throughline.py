"""The job, as its program sees it: what to do, on which rows, and how to say how far it is."""

import csv
import json

import _cage


class TrackingError(Exception):
    """The tracking server refused or did not answer. `code` is its error code, or '' when there was no answer."""

    def __init__(self, message, code=''):
        super().__init__(message)
        self.code = code


class Dataset:
    """One version of a dataset: the digest names its exact bytes."""

    def __init__(self, entry):
        self.role, self.name, self.digest = entry['role'], entry['name'], entry['digest']
        self.path, self.row_count = entry['path'], entry['rows']

    def rows(self, numbers=(), texts=()):
        """The rows as dicts of the named columns. An empty number is None; anything else that is no number is an error."""
        with open(self.path, newline='', encoding='utf-8') as file:
            reader = csv.DictReader(file)
            missing = [name for name in (*numbers, *texts) if name not in (reader.fieldnames or [])]
            if missing:
                raise ValueError(f'The dataset {self.name} has no column {", ".join(missing)}.')
            rows = []
            for line, raw in enumerate(reader, start=2):
                row = {name: raw[name] for name in texts}
                for name in numbers:
                    try:
                        row[name] = float(raw[name]) if raw[name] else None
                    except ValueError:
                        raise ValueError(f'{self.name}, line {line}: {name} is {raw[name]!r}, not a number.') from None
                rows.append(row)
        if not rows:
            raise ValueError(f'The dataset {self.name} has no rows.')
        return rows


def column_of(dataset, rows, name):
    """One column that may not have gaps."""
    values = [row[name] for row in rows]
    if None in values:
        raise ValueError(f'{dataset.name}: {name} is empty in row {values.index(None) + 1}.')
    return values


class Job:
    """What was asked for, from /job/job.json."""

    def __init__(self, order):
        self.experiment, self.run_name = order['experiment'], order['runName']
        self.parameters, self.tags = order['parameters'], order.get('tags', {})
        self.datasets = [Dataset(entry) for entry in order['datasets']]

    def dataset(self, role):
        for dataset in self.datasets:
            if dataset.role == role:
                return dataset
        raise ValueError(f'The job names no dataset for {role}.')


def job():
    with open('/job/job.json', encoding='utf-8') as file:
        return Job(json.load(file))


def progress(fraction, note):
    """Tell people how far the job is: 0 to 1, and a few words."""
    _cage.progress(float(fraction), str(note))


def call(method, path, body=None, content_type='application/json'):
    """One request to the tracking server. Returns (status, bytes)."""
    headers = json.dumps({'content-type': content_type} if body is not None else {})
    head, _, content = _cage.track(method, path, headers, body).to_bytes().partition(b'\n')
    head = json.loads(head)
    if 'error' in head:
        raise TrackingError(head['error'])
    return head['status'], content
