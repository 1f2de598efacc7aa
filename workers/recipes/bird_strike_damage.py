"""Trains a model that says how likely a reported bird strike damaged the aircraft."""

import math
import time

import mlflow
import throughline
from learning import Boosting, Logistic, Table, best_threshold, classification_metrics, float32
from onnx_writer import FLOAT, STRING, Graph

COLUMNS = {
    'phase_of_flight': 'Phase of the flight in which the strike happened.',
    'time_of_day': 'Dawn, day, dusk or night.',
    'operator': 'Who operated the aircraft, as the FAA spells it.',
    'aircraft': 'Make and model of the aircraft, as the FAA spells it.',
    'origin_state': 'State of the airport.',
    'wildlife_size': 'Size of the animal.',
    'wildlife_species': 'Species as reported.',
}
WILDLIFE = ('wildlife_size', 'wildlife_species')
MONTHS = list(range(1, 13))
COUNT_MIN = 20
DEPTH = 3
EXAMPLE_ROWS = 5


def read(dataset, texts):
    rows = dataset.rows(numbers=('month', 'speed_knots', 'damaged'), texts=texts)
    labels = [int(label) for label in throughline.column_of(dataset, rows, 'damaged')]
    if not 0 < sum(labels) < len(labels):
        raise ValueError(f'{dataset.name} needs rows with and without damage.')
    throughline.column_of(dataset, rows, 'month')
    return rows, labels


def signature(table, rows):
    speeds = [row['speed_knots'] for row in rows if row['speed_knots'] is not None]
    inputs = []
    for column, values in table.categories.items():
        if column == 'month':
            inputs.append({
                'name': 'month', 'type': 'double', 'required': True, 'min': 1, 'max': 12,
                'description': 'Month of the flight, 1 to 12.',
            })
        else:
            inputs.append({
                'name': column, 'type': 'string', 'required': True, 'allowed': values, 'description': COLUMNS[column],
            })
    inputs.append({
        'name': 'speed_knots', 'type': 'double', 'required': False, 'min': min(speeds), 'max': max(speeds),
        'description': 'Indicated air speed in knots; may be left out when unknown.',
    })
    description = 'Probability that the strike damaged the aircraft, 0 to 1.'
    return {'inputs': inputs, 'outputs': [{'name': 'probability', 'type': 'double', 'description': description}]}


def to_onnx(table, model):
    graph = Graph('bird_strike_damage')
    parts = []
    for column, values in table.categories.items():
        if column == 'month':
            parts.append(graph.equals(graph.input('month', FLOAT), [float(value) for value in values]))
        else:
            source = graph.input(column, STRING)
            if values:
                parts.append(graph.one_hot(source, values))
    parts += graph.filled(graph.input('speed_knots', FLOAT), table.means['speed_knots'])
    features = graph.concat(parts)
    if isinstance(model, Boosting):
        score = graph.trees(features, model.trees, model.bias)
    else:
        weights, bias = list(model.weights), model.bias
        for (mean, scale), (weight, missing_weight) in zip(model.scales, model.number_weights):
            weights += [weight * scale, missing_weight]
            bias -= weight * scale * mean
        score = graph.linear(features, weights, bias)
    graph.node('Sigmoid', [score], output='probability')
    graph.output('probability')
    return graph.model('Probability that a reported bird strike damaged the aircraft.')


def main():
    job = throughline.job()
    parameters = job.parameters
    train, test = job.dataset('train'), job.dataset('test')
    texts = [name for name in COLUMNS if parameters['features'] == 'all' or name not in WILDLIFE]
    with mlflow.start_run():
        mlflow.log_params(parameters)
        mlflow.log_input(train, 'training')
        mlflow.log_input(test, 'testing')
        throughline.progress(0.02, 'Reading the rows')
        rows, labels = read(train, texts)
        test_rows, test_labels = read(test, texts)
        table = Table.learn(rows, texts, ['speed_knots'], COUNT_MIN)
        table = Table(table.categories | {'month': MONTHS}, table.means)
        print(f'{len(rows)} rows to learn from, {table.hot_count + 2} features')

        started = time.monotonic()
        model = Boosting(table, DEPTH) if parameters['algorithm'] == 'gradient_boosting' else Logistic(table)
        iterations = parameters['iterations']

        def on_step(step, loss):
            if not math.isfinite(loss):
                raise ValueError('The training diverged: lower the learning rate.')
            mlflow.log_metric('loss', loss, step, dataset=train)
            throughline.progress(0.05 + 0.85 * (step + 1) / iterations, f'Step {step + 1} of {iterations}')

        model.fit(rows, labels, iterations, parameters['learning_rate'], parameters['l2'], parameters['seed'], on_step)
        mlflow.log_metric('training_seconds', time.monotonic() - started)

        throughline.progress(0.92, 'Measuring on the test rows')
        threshold = best_threshold(labels, model.predict(rows))
        mlflow.log_param('decision_threshold', f'{threshold:.6f}')
        metrics = classification_metrics(test_labels, model.predict(test_rows), threshold)
        mlflow.log_metrics(metrics, step=iterations, dataset=test)
        print(f'ROC AUC on {test.name}: {metrics["roc_auc"]:.4f}')

        throughline.progress(0.96, 'Saving the model')
        described = signature(table, rows)
        names = [column['name'] for column in described['inputs']]
        examples = test_rows[:EXAMPLE_ROWS]
        mlflow.log_model(
            to_onnx(table, model),
            described,
            {'columns': names, 'data': [[row[name] for name in names] for row in examples]},
            [float32(value) for value in model.predict(examples)],
        )
    throughline.progress(1, 'Done')


main()
