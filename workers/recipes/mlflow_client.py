"""A small tracking client that speaks MLflow's REST protocol. Inside a job it is imported as `mlflow`.

It holds no credential and opens no connection: requests leave through the cage, and the host answers for them.
The names follow MLflow's fluent API where the meaning is the same.
"""

import json
import math
import time
import uuid
from urllib.parse import quote, urlencode

import throughline

API = '/api/2.0/mlflow'
METRICS_PER_BATCH, PARAMS_PER_BATCH, TAGS_PER_BATCH = 500, 100, 100
FLUSH_SECONDS = 1.0
ATTEMPTS = 3

_experiment_name = None
_active = None


def _request(method, path, body=None, query=None):
    """Send JSON, get JSON. Tries again when the server is busy; raises TrackingError with its code otherwise."""
    target = path + (f'?{urlencode(query)}' if query else '')
    raw = None if body is None else json.dumps(body).encode()
    for attempt in range(ATTEMPTS):
        status, content = throughline.call(method, target, raw)
        if status not in (429, 502, 503, 504) or attempt == ATTEMPTS - 1:
            break
        time.sleep(0.5 * 2 ** attempt)
    return _answer(status, content, path)


def _answer(status, content, path):
    try:
        answer = json.loads(content) if content else {}
    except ValueError:
        answer = {}
    if 200 <= status < 300:
        return answer
    raise throughline.TrackingError(answer.get('message') or f'{path} answered {status}', answer.get('error_code', str(status)))


def _now():
    return int(time.time() * 1000)


def _experiment_id(name):
    for _ in range(2):
        try:
            found = _request('GET', f'{API}/experiments/get-by-name', query={'experiment_name': name})
            return found['experiment']['experiment_id']
        except throughline.TrackingError as error:
            if error.code not in ('RESOURCE_DOES_NOT_EXIST', '404'):
                raise
        try:
            return _request('POST', f'{API}/experiments/create', {'name': name})['experiment_id']
        except throughline.TrackingError as error:
            if error.code != 'RESOURCE_ALREADY_EXISTS':
                raise
    raise throughline.TrackingError(f'The experiment {name} can be neither found nor created.')


def _entries(values):
    return [{'key': str(key), 'value': str(value)} for key, value in values.items()]


class Run:
    """A run in progress. Metrics are sent in batches; leaving the `with` block ends it, FAILED after an exception."""

    def __init__(self, experiment_name, run_name, tags):
        experiment_id = _experiment_id(experiment_name)
        body = {'experiment_id': experiment_id, 'start_time': _now(), 'tags': _entries(tags)}
        if run_name:
            body['run_name'] = run_name
        info = _request('POST', f'{API}/runs/create', body)['run']['info']
        self.run_id, self.experiment_id = info['run_id'], experiment_id
        self.artifact_root = info['artifact_uri'].partition(':')[2].strip('/')
        self.metrics = []
        self.sent_at = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _traceback):
        global _active
        _active = None
        status = 'FINISHED' if kind is None else 'FAILED'
        try:
            self.flush()
        except throughline.TrackingError:
            if kind is None:
                self._end('FAILED')
                raise
        self._end(status, raises=kind is None)
        return False

    def _end(self, status, raises=False):
        try:
            body = {'run_id': self.run_id, 'run_uuid': self.run_id, 'status': status, 'end_time': _now()}
            _request('POST', f'{API}/runs/update', body)
        except throughline.TrackingError:
            # While an error is on its way out, that error is the one to show.
            if raises:
                raise

    def flush(self):
        while self.metrics:
            batch, self.metrics = self.metrics[:METRICS_PER_BATCH], self.metrics[METRICS_PER_BATCH:]
            _request('POST', f'{API}/runs/log-batch', {'run_id': self.run_id, 'metrics': batch})
        self.sent_at = time.monotonic()

    def metric(self, key, value, step, dataset):
        value = float(value)
        if math.isnan(value):
            value = 'NaN'
        elif math.isinf(value):
            value = 'Infinity' if value > 0 else '-Infinity'
        entity = {'key': key, 'value': value, 'timestamp': _now(), 'step': int(step)}
        if dataset is not None:
            entity |= {'dataset_name': dataset.name, 'dataset_digest': dataset.digest}
        self.metrics.append(entity)
        if len(self.metrics) >= METRICS_PER_BATCH or time.monotonic() - self.sent_at > FLUSH_SECONDS:
            self.flush()


def set_experiment(name):
    """Log to another experiment than the job's own."""
    global _experiment_name
    _experiment_name = name


def start_run(run_name=None, tags=None):
    """Start the run of this job, named and tagged as the job asks unless told otherwise."""
    global _active
    if _active is not None:
        raise RuntimeError('A run is active already.')
    job = throughline.job()
    _active = Run(_experiment_name or job.experiment, run_name or job.run_name, job.tags | (tags or {}))
    return _active


def active_run():
    return _active


def _run():
    if _active is None:
        raise RuntimeError('No run is active: use `with mlflow.start_run():`.')
    return _active


def log_params(params):
    entries = _entries(params)
    for first in range(0, len(entries), PARAMS_PER_BATCH):
        body = {'run_id': _run().run_id, 'params': entries[first : first + PARAMS_PER_BATCH]}
        _request('POST', f'{API}/runs/log-batch', body)


def log_param(key, value):
    log_params({key: value})


def set_tags(tags):
    entries = _entries(tags)
    for first in range(0, len(entries), TAGS_PER_BATCH):
        body = {'run_id': _run().run_id, 'tags': entries[first : first + TAGS_PER_BATCH]}
        _request('POST', f'{API}/runs/log-batch', body)


def set_tag(key, value):
    set_tags({key: value})


def log_metrics(metrics, step=0, dataset=None):
    """dataset: the Dataset that the values were measured on."""
    for key, value in metrics.items():
        _run().metric(key, value, step, dataset)


def log_metric(key, value, step=0, dataset=None):
    log_metrics({key: value}, step, dataset)


def log_input(dataset, context):
    """Say that the run used the dataset. context: 'training' or 'testing'."""
    entity = {
        'tags': [{'key': 'mlflow.data.context', 'value': context}],
        'dataset': {
            'name': dataset.name,
            'digest': dataset.digest,
            'source_type': 'throughline',
            'source': dataset.name,
            'profile': json.dumps({'num_rows': dataset.row_count}),
        },
    }
    _request('POST', f'{API}/runs/log-inputs', {'run_id': _run().run_id, 'datasets': [entity]})


def log_bytes(content, path, content_type='application/octet-stream'):
    """Store an artifact of the run under a relative path."""
    target = f'/api/2.0/mlflow-artifacts/artifacts/{quote(_run().artifact_root)}/{quote(path)}'
    status, answer = throughline.call('PUT', target, content, content_type)
    _answer(status, answer, target)


def log_text(text, path):
    log_bytes(text.encode(), path, 'text/plain; charset=utf-8')


def log_model(onnx, signature, input_example, expected_output, folder='model'):
    """Store an ONNX model with what a server needs to check that it serves the same model.

    signature: {'inputs': [{'name', 'type': 'double'|'string', 'required', 'description', 'allowed'?, 'min'?, 'max'?}],
    'outputs': [{'name', 'type', 'description'}]}. input_example: {'columns': […], 'data': [[…], …]}.
    expected_output: one value for each example row, computed by the training code.
    """
    def as_json(value):
        return json.dumps(value, indent=1, ensure_ascii=False).encode()

    log_bytes(onnx, f'{folder}/model.onnx')
    log_bytes(as_json(signature), f'{folder}/signature.json', 'application/json')
    log_bytes(as_json({'dataframe_split': input_example}), f'{folder}/input_example.json', 'application/json')
    log_bytes(as_json(expected_output), f'{folder}/expected_output.json', 'application/json')
    log_text(_mlmodel(signature, folder, len(onnx)), f'{folder}/MLmodel')


def _mlmodel(signature, folder, size):
    """The description file that MLflow keeps beside a model. A JSON string is a valid YAML string."""
    inputs = [{'type': c['type'], 'name': c['name'], 'required': c['required']} for c in signature['inputs']]
    outputs = [{'type': c['type'], 'name': c['name'], 'required': True} for c in signature['outputs']]
    created = time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())
    return '\n'.join([
        f'artifact_path: {folder}',
        'flavors:',
        '  onnx:',
        '    code: null',
        '    data: model.onnx',
        '    providers:',
        '    - CPUExecutionProvider',
        '  python_function:',
        '    data: model.onnx',
        '    loader_module: mlflow.onnx',
        f'model_size_bytes: {size}',
        f'model_uuid: {uuid.uuid4().hex}',
        f'run_id: {_run().run_id}',
        'saved_input_example_info:',
        '  artifact_path: input_example.json',
        '  pandas_orient: split',
        '  type: dataframe',
        'signature:',
        f"  inputs: {_single_quoted(json.dumps(inputs))}",
        f"  outputs: {_single_quoted(json.dumps(outputs))}",
        '  params: null',
        f"utc_time_created: '{created}.000000'",
        '',
    ])


def _single_quoted(text):
    return "'" + text.replace("'", "''") + "'"
