"""Trains a linear model of tomorrow's maximum temperature from the last days' weather."""

import math
import time

import mlflow
import throughline
from learning import float32, regression_metrics
from onnx_writer import FLOAT, STRING, Graph

TARGET = 'temp_max_next_day'
DESCRIPTIONS = {
    'day_of_year': 'Day of the year of today, 1 to 366.',
    'precipitation': 'Precipitation of today in mm.',
    'wind': 'Wind speed of today in m/s.',
    'temp_min': 'Minimum temperature of today in °C.',
    'temp_max': 'Maximum temperature of today in °C.',
}
TURN = float32(2 * math.pi / 365.25)
LEARNING_CURVE_POINTS = 25
CURVE_ROWS_MIN = 40
EXAMPLE_ROWS = 5


class Features:
    """Numbers as they are, the season as a point on a circle, the weather as 0/1 features."""

    def __init__(self, numbers, weathers):
        self.numbers, self.weathers = numbers, weathers

    def vector(self, row):
        angle = row['day_of_year'] * TURN
        values = [float32(row[name]) for name in self.numbers]
        return [*values, math.sin(angle), math.cos(angle), *(float(row['weather'] == weather) for weather in self.weathers)]


def standardised(vectors):
    """(vectors with mean 0 and spread 1, means, spreads)"""
    columns = list(zip(*vectors))
    means = [sum(column) / len(column) for column in columns]
    spreads = [
        math.sqrt(sum((value - mean) ** 2 for value in column) / len(column)) or 1.0 for column, mean in zip(columns, means)
    ]
    return [[(v - m) / s for v, m, s in zip(vector, means, spreads)] for vector in vectors], means, spreads


def gram(vectors, targets):
    """The sums X'X, X'y and y'y."""
    width = len(vectors[0])
    square = [[0.0] * width for _ in range(width)]
    product = [0.0] * width
    for vector, target in zip(vectors, targets):
        for place, value in enumerate(vector):
            product[place] += value * target
            line = square[place]
            for other in range(place + 1):
                line[other] += value * vector[other]
    for place in range(width):
        for other in range(place):
            square[other][place] = square[place][other]
    return square, product, sum(target * target for target in targets)


def mean_square(sums, weights, count):
    square, product, total = sums
    bent = sum(w * sum(map(float.__mul__, line, weights)) for w, line in zip(weights, square))
    return max(0.0, (bent - 2 * sum(map(float.__mul__, weights, product)) + total) / count)


def solve(sums, l2):
    """Ridge regression in closed form: (X'X + l2 I) w = X'y by Cholesky factors."""
    square, product, _ = sums
    width = len(product)
    lower = [[0.0] * width for _ in range(width)]
    for row in range(width):
        for column in range(row + 1):
            rest = square[row][column] + (l2 + 1e-9 if row == column else 0.0)
            rest -= sum(lower[row][k] * lower[column][k] for k in range(column))
            lower[row][column] = math.sqrt(max(rest, 1e-12)) if row == column else rest / lower[column][column]
    middle = []
    for row in range(width):
        middle.append((product[row] - sum(lower[row][k] * middle[k] for k in range(row))) / lower[row][row])
    weights = [0.0] * width
    for row in reversed(range(width)):
        rest = middle[row] - sum(lower[k][row] * weights[k] for k in range(row + 1, width))
        weights[row] = rest / lower[row][row]
    return weights


def descend(sums, count, parameters, on_step):
    """Gradient descent on the same objective. One iteration is one step on all rows; `loss` is the mean square error."""
    square, product, _ = sums
    weights = [0.0] * len(product)
    for step in range(parameters['iterations']):
        slopes = [sum(map(float.__mul__, line, weights)) - aim for line, aim in zip(square, product)]
        rate = parameters['learning_rate'] / count
        weights = [w - rate * (slope + parameters['l2'] * w) for w, slope in zip(weights, slopes)]
        on_step(step, mean_square(sums, weights, count))
    return weights


def learning_curve(vectors, targets, l2, on_step):
    """The closed form has no steps, so its `loss` is logged against the number of rows learned from."""
    first = min(CURVE_ROWS_MIN, len(vectors))
    sizes = [first + (len(vectors) - first) * point // (LEARNING_CURVE_POINTS - 1) for point in range(LEARNING_CURVE_POINTS)]
    sums, done, weights = None, 0, []
    for size in sorted(set(sizes)):
        if size > done:
            more = gram(vectors[done:size], targets[done:size])
            sums = more if sums is None else add(sums, more)
            done = size
        weights = solve(sums, l2)
        on_step(size, mean_square(sums, weights, size))
    return weights


def add(one, other):
    square = [[a + b for a, b in zip(left, right)] for left, right in zip(one[0], other[0])]
    return square, [a + b for a, b in zip(one[1], other[1])], one[2] + other[2]


def read(dataset, numbers):
    rows = dataset.rows(numbers=(*numbers, 'day_of_year', TARGET), texts=('weather',))
    for name in (*numbers, 'day_of_year'):
        throughline.column_of(dataset, rows, name)
    return rows, throughline.column_of(dataset, rows, TARGET)


def to_onnx(features, weights, bias):
    graph = Graph('next_day_temperature')
    parts = [graph.input(name, FLOAT) for name in features.numbers]
    angle = graph.node('Mul', [graph.input('day_of_year', FLOAT), graph.floats([TURN], [1, 1])])
    parts += [graph.node('Sin', [angle]), graph.node('Cos', [angle])]
    parts.append(graph.one_hot(graph.input('weather', STRING), features.weathers))
    graph.linear(graph.concat(parts), weights, bias, output=TARGET)
    graph.output(TARGET)
    return graph.model("Tomorrow's maximum temperature in °C.")


def signature(features, rows):
    inputs = []
    for name in (*features.numbers, 'day_of_year'):
        values = [row[name] for row in rows]
        ago = name.removeprefix('temp_max_').removesuffix('d_ago')
        description = DESCRIPTIONS.get(name) or f'Maximum temperature {ago} day{"s" * (ago != "1")} ago in °C.'
        low, high = (1, 366) if name == 'day_of_year' else (min(values), max(values))
        inputs.append({
            'name': name, 'type': 'double', 'required': True, 'min': low, 'max': high, 'description': description,
        })
    inputs.append({
        'name': 'weather', 'type': 'string', 'required': True, 'allowed': features.weathers,
        'description': 'What the day was like.',
    })
    return {
        'inputs': inputs,
        'outputs': [{'name': TARGET, 'type': 'double', 'description': "Tomorrow's maximum temperature in °C."}],
    }


def main():
    job = throughline.job()
    parameters = job.parameters
    train, test = job.dataset('train'), job.dataset('test')
    lags = [f'temp_max_{day}d_ago' for day in range(1, int(parameters['days']))]
    numbers = ['precipitation', 'wind', 'temp_min', 'temp_max', *lags]
    with mlflow.start_run():
        mlflow.log_params(parameters)
        mlflow.log_input(train, 'training')
        mlflow.log_input(test, 'testing')
        rows, targets = read(train, numbers)
        test_rows, test_targets = read(test, numbers)
        features = Features(numbers, sorted({row['weather'] for row in rows}))
        vectors, means, spreads = standardised([features.vector(row) for row in rows])
        middle = sum(targets) / len(targets)
        centred = [target - middle for target in targets]
        print(f'{len(rows)} rows to learn from, {len(means)} features')

        started = time.monotonic()

        def on_step(step, loss):
            if not math.isfinite(loss) or loss > 1e6:
                raise ValueError('The training diverged: lower the learning rate.')
            mlflow.log_metric('loss', loss, step, dataset=train)

        if parameters['solver'] == 'gradient_descent':
            throughline.progress(0.2, 'Descending')
            scaled = descend(gram(vectors, centred), len(rows), parameters, on_step)
            last_step = parameters['iterations']
        else:
            throughline.progress(0.2, 'Solving')
            scaled = learning_curve(vectors, centred, parameters['l2'], on_step)
            last_step = len(rows)
        weights = [weight / spread for weight, spread in zip(scaled, spreads)]
        bias = middle - sum(weight * mean for weight, mean in zip(weights, means))
        mlflow.log_metric('training_seconds', time.monotonic() - started)

        def predict(some):
            return [bias + sum(map(float.__mul__, weights, features.vector(row))) for row in some]

        throughline.progress(0.8, 'Measuring on the test rows')
        metrics = regression_metrics(test_targets, predict(test_rows), seed=1)
        mlflow.log_metrics(metrics, step=last_step, dataset=test)
        print(f'RMSE on {test.name}: {metrics["rmse"]:.3f} °C')

        throughline.progress(0.9, 'Saving the model')
        described = signature(features, rows)
        names = [column['name'] for column in described['inputs']]
        examples = test_rows[:EXAMPLE_ROWS]
        mlflow.log_model(
            to_onnx(features, weights, bias),
            described,
            {'columns': names, 'data': [[row[name] for name in names] for row in examples]},
            [float32(value) for value in predict(examples)],
        )
    throughline.progress(1, 'Done')


main()
