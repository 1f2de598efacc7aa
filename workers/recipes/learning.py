"""Two small learners for tables with category columns, and the measures of how good they are.

Everything is standard-library Python. Numbers are rounded to 32-bit floats where the served model works in
32-bit floats, so that training and serving take the same branches.
"""

import math
import struct
from itertools import compress
from random import Random


def float32(value):
    """The nearest 32-bit float, as a Python float."""
    return struct.unpack('<f', struct.pack('<f', value))[0]


def sigmoid(score):
    if score >= 0:
        return 1 / (1 + math.exp(-score))
    power = math.exp(score)
    return power / (1 + power)


class Table:
    """Rows as feature codes.

    Each row becomes the positions of its categories in one long 0/1 vector (`hot`, one entry for each category
    column that knows the value) and a list of `numbers`. A missing number is replaced by the training mean, and a
    0/1 feature says that it was missing.
    """

    def __init__(self, categories, means):
        """categories: {column: [value, …]} in order. means: {numeric column: mean of the training rows}."""
        self.categories = categories
        self.means = {name: float32(mean) for name, mean in means.items()}
        self.places = {}
        place = 0
        for column, values in categories.items():
            self.places[column] = {value: place + offset for offset, value in enumerate(values)}
            place += len(values)
        self.hot_count = place
        self.numeric = list(means)

    @classmethod
    def learn(cls, rows, category_columns, numeric_columns, count_min):
        """Categories that fewer than `count_min` training rows have are treated as unknown."""
        categories = {}
        for column in category_columns:
            counts = {}
            for row in rows:
                counts[row[column]] = counts.get(row[column], 0) + 1
            categories[column] = sorted(value for value, count in counts.items() if count >= count_min)
        means = {}
        for column in numeric_columns:
            known = [row[column] for row in rows if row[column] is not None]
            means[column] = sum(known) / len(known)
        return cls(categories, means)

    def codes(self, rows):
        """For each category column, the list of positions by row; -1 stands for unknown."""
        return [[places.get(row[column], -1) for row in rows] for column, places in self.places.items()]

    def numbers(self, rows):
        """For each numeric column, (values with gaps filled, 1 where missing else 0)."""
        columns = []
        for column, mean in self.means.items():
            missing = [1 if row[column] is None else 0 for row in rows]
            filled = [mean if row[column] is None else float32(row[column]) for row in rows]
            columns.append((filled, missing))
        return columns


class Logistic:
    """Logistic regression on the features of a Table: stochastic gradient descent with a falling rate."""

    def __init__(self, table):
        self.table = table
        self.weights = [0.0] * table.hot_count
        self.number_weights = [(0.0, 0.0) for _ in table.numeric]
        self.scales = []
        self.bias = 0.0

    def _inputs(self, rows):
        table = self.table
        hot = [[place for place in places if place >= 0] for places in zip(*table.codes(rows))]
        numbers = table.numbers(rows)
        if not self.scales:
            for filled, _ in numbers:
                mean = sum(filled) / len(filled)
                spread = math.sqrt(sum((value - mean) ** 2 for value in filled) / len(filled)) or 1.0
                self.scales.append((float32(mean), float32(1 / spread)))
        dense = []
        for (filled, missing), (mean, scale) in zip(numbers, self.scales):
            dense.append([(value - mean) * scale for value in filled])
            dense.append(missing)
        return hot, list(zip(*dense)) if dense else [()] * len(rows)

    def fit(self, rows, labels, iterations, learning_rate, l2, seed, on_step):
        """One iteration is one pass over all rows in a shuffled order. on_step(step, mean log loss) after each."""
        hot, dense = self._inputs(rows)
        random = Random(seed)
        order = list(range(len(rows)))
        weights = self.weights
        dense_weights = [0.0] * len(dense[0])
        rate_of_positives = sum(labels) / len(labels)
        bias = math.log(rate_of_positives / (1 - rate_of_positives))
        for step in range(iterations):
            random.shuffle(order)
            rate = learning_rate / (1 + 0.1 * step)
            shrink = 1 - rate * l2
            loss = 0.0
            for index in order:
                places = hot[index]
                score = bias
                for place in places:
                    score += weights[place]
                for weight, value in zip(dense_weights, dense[index]):
                    score += weight * value
                label = labels[index]
                probability = sigmoid(score)
                loss -= math.log(max(probability if label else 1 - probability, 1e-15))
                pull = rate * (probability - label)
                bias -= pull
                for place in places:
                    weights[place] -= pull
                for feature, value in enumerate(dense[index]):
                    dense_weights[feature] -= pull * value
            # The penalty is applied once a pass, which for small l2 is the same as at every row.
            keep = max(shrink, 0.0)
            weights[:] = [weight * keep for weight in weights]
            dense_weights = [weight * keep for weight in dense_weights]
            on_step(step, loss / len(rows))
        self.weights = [float32(weight) for weight in weights]
        self.number_weights = [
            (float32(dense_weights[2 * index]), float32(dense_weights[2 * index + 1])) for index in range(len(self.scales))
        ]
        self.bias = float32(bias)

    def predict(self, rows):
        hot, dense = self._inputs(rows)
        flat = [weight for pair in self.number_weights for weight in pair]
        weights = self.weights
        return [
            sigmoid(self.bias + sum(weights[place] for place in places) + sum(map(float.__mul__, flat, map(float, values))))
            for places, values in zip(hot, dense)
        ]


class Boosting:
    """Gradient boosted trees for the log loss, with second-order leaf values.

    Chen & Guestrin, XGBoost (KDD 2016), equations 5–7: leaf value -G/(H+l2), gain of a split from the same sums.
    Features are few-valued, so each split is found from a histogram; a gradient and its curvature are summed
    together as the two parts of one complex number.
    """

    BINS = 24
    ROWS_SHARE = 0.8

    def __init__(self, table, depth, child_weight_min=3.0):
        self.table = table
        self.depth = depth
        self.child_weight_min = child_weight_min
        self.edges = []
        self.trees = []
        self.bias = 0.0

    def _columns(self, rows):
        """Integer codes by column: category positions (shifted to start at 0; the last code is 'unknown') and bins."""
        columns = []
        for codes, places in zip(self.table.codes(rows), self.table.places.values()):
            first, count = min(places.values(), default=0), len(places)
            columns.append([code - first if code >= 0 else count for code in codes])
        for (filled, missing), edges in zip(self.table.numbers(rows), self.edges):
            columns.append([sum(value > edge for edge in edges) for value in filled])
            columns.append(missing)
        return columns

    def _learn_edges(self, rows):
        for filled, _ in self.table.numbers(rows):
            values = sorted(set(filled))
            ranked = sorted(filled)
            wanted = {ranked[len(ranked) * part // self.BINS] for part in range(1, self.BINS)}
            pairs = [(low, high) for low, high in zip(values, values[1:]) if low in wanted]
            self.edges.append([float32((low + high) / 2) for low, high in pairs])

    def _features(self):
        """For each column: (kind, width, feature number of the first code in the served vector)."""
        features = []
        for places in self.table.places.values():
            features.append(('category', len(places), min(places.values(), default=0)))
        for index, edges in enumerate(self.edges):
            first = self.table.hot_count + 2 * index
            features.append(('number', len(edges) + 1, first))
            features.append(('category', 2, first))
        return features

    def fit(self, rows, labels, iterations, learning_rate, l2, seed, on_step):
        """One iteration adds one tree, grown on a random 80 % of the rows. on_step(step, mean log loss) after each."""
        self._learn_edges(rows)
        columns = self._columns(rows)
        features = self._features()
        random = Random(seed)
        rate_of_positives = sum(labels) / len(labels)
        self.bias = float32(math.log(rate_of_positives / (1 - rate_of_positives)))
        scores = [self.bias] * len(rows)
        everyone = list(range(len(rows)))
        for step in range(iterations):
            probabilities = [sigmoid(score) for score in scores]
            slopes = [complex(p - label, p * (1 - p)) for p, label in zip(probabilities, labels)]
            mask = [random.random() < self.ROWS_SHARE for _ in everyone]
            grown = [list(compress(column, mask)) for column in columns]
            tree = self._grow(list(compress(slopes, mask)), grown, features, learning_rate, l2, self.depth)
            self.trees.append(tree)
            self._add(tree, columns, everyone, scores)
            loss = -sum(math.log(max(sigmoid(s if y else -s), 1e-15)) for s, y in zip(scores, labels))
            on_step(step, loss / len(rows))

    def _grow(self, slopes, columns, features, learning_rate, l2, depth):
        total = sum(slopes, 0j)
        leaf = {'value': float32(-learning_rate * total.real / (total.imag + l2))}
        if depth == 0 or total.imag < 2 * self.child_weight_min:
            return leaf
        best = self._best_split(slopes, columns, features, total, l2)
        if best is None:
            return leaf
        column, code = best
        kind, _, first = features[column]
        if kind == 'category':
            right = [value == code for value in columns[column]]
        else:
            right = [value > code for value in columns[column]]
        left = [not value for value in right]
        branches = []
        for mask in (left, right):
            parts = [list(compress(values, mask)) for values in columns]
            branches.append(self._grow(list(compress(slopes, mask)), parts, features, learning_rate, l2, depth - 1))
        if kind == 'number':
            number = (first - self.table.hot_count) // 2
            feature, threshold = first, self.edges[number][code]
        else:
            feature, threshold = first + code, 0.5
        return {
            'column': column, 'code': code, 'kind': kind, 'feature': feature, 'threshold': threshold,
            'low': branches[0], 'high': branches[1],
        }

    def _best_split(self, slopes, columns, features, total, l2):
        least = self.child_weight_min
        base = total.real ** 2 / (total.imag + l2)
        best, best_gain = None, 1e-6
        for index, (values, (kind, width, _)) in enumerate(zip(columns, features)):
            sums = [0j] * (width + 1)
            for code, slope in zip(values, slopes):
                sums[code] += slope
            codes = range(width)
            if kind == 'number':
                rest = total
                codes = range(width - 1)
            elif width == 2 and index > 0 and features[index - 1][0] == 'number':
                codes = range(1, 2)
            for code in codes:
                if kind == 'number':
                    rest -= sums[code]
                    right = rest
                else:
                    right = sums[code]
                left = total - right
                if right.imag < least or left.imag < least:
                    continue
                gain = left.real ** 2 / (left.imag + l2) + right.real ** 2 / (right.imag + l2) - base
                if gain > best_gain:
                    best, best_gain = (index, code), gain
        return best

    def _add(self, node, columns, rows, scores):
        if 'value' in node:
            value = node['value']
            for row in rows:
                scores[row] += value
            return
        values, code = columns[node['column']], node['code']
        if node['kind'] == 'category':
            mask = [values[row] == code for row in rows]
        else:
            mask = [values[row] > code for row in rows]
        self._add(node['high'], columns, list(compress(rows, mask)), scores)
        self._add(node['low'], columns, [row for row, high in zip(rows, mask) if not high], scores)

    def predict(self, rows):
        columns = self._columns(rows)
        scores = [self.bias] * len(rows)
        for tree in self.trees:
            self._add(tree, columns, list(range(len(rows))), scores)
        return [sigmoid(score) for score in scores]


def roc_auc(labels, scores):
    """Area under the ROC curve by ranks, ties counted half (Mann–Whitney U / (positives * negatives))."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    rank_sum, position = 0.0, 0
    while position < len(order):
        end = position
        while end < len(order) and scores[order[end]] == scores[order[position]]:
            end += 1
        middle = (position + 1 + end) / 2
        rank_sum += middle * sum(labels[index] for index in order[position:end])
        position = end
    positives = sum(labels)
    negatives = len(labels) - positives
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def best_threshold(labels, scores):
    """The score from which on to call a case positive: the largest recall minus false alarm rate (Youden's J, 1950)."""
    positives = sum(labels)
    negatives = len(labels) - positives
    hits = alarms = 0
    best, best_j = 0.5, -1.0
    ranked = sorted(zip(scores, labels), reverse=True)
    for index, (score, label) in enumerate(ranked):
        hits += label
        alarms += 1 - label
        if index + 1 < len(ranked) and ranked[index + 1][0] == score:
            continue
        if hits / positives - alarms / negatives > best_j:
            best, best_j = score, hits / positives - alarms / negatives
    return best


def _proportion(hits, count):
    """A proportion and its standard error sqrt(p(1-p)/n) (Wald); (nan, nan) when there is nothing to count."""
    if count == 0:
        return math.nan, math.nan
    share = hits / count
    return share, math.sqrt(share * (1 - share) / count)


def _mean(values):
    """A mean and its standard error s/sqrt(n)."""
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return mean, spread / math.sqrt(len(values))


def classification_metrics(labels, scores, threshold):
    """The measures of a two-class model on one data set, each rate and mean with its standard error as `…_se`.

    The area under the curve carries none: whoever judges it computes it from `n` and `n_positive`
    (Hanley & McNeil 1982).
    """
    called = [score >= threshold for score in scores]
    hits = sum(label for label, call in zip(labels, called) if call)
    right = sum(bool(label) == call for label, call in zip(labels, called))
    losses = [-math.log(max(score if label else 1 - score, 1e-15)) for label, score in zip(labels, scores)]
    squares = [(score - label) ** 2 for label, score in zip(labels, scores)]
    measures = {
        'recall': _proportion(hits, sum(labels)),
        'precision': _proportion(hits, sum(called)),
        'accuracy': _proportion(right, len(labels)),
        'log_loss': _mean(losses),
        'brier': _mean(squares),
    }
    metrics = {'roc_auc': roc_auc(labels, scores)}
    for key, (value, error) in measures.items():
        if not math.isnan(value):
            metrics[key], metrics[f'{key}_se'] = value, error
    return metrics | {'n': len(labels), 'n_positive': sum(labels)}


def regression_metrics(truth, predictions, seed, resamples=500):
    """rmse, mae and r2 with standard errors from a moving block bootstrap with a fixed seed.

    Errors of neighbouring days resemble each other, so whole blocks of days are drawn, of about n^(1/3) days each
    (Künsch, The jackknife and the bootstrap for general stationary observations, Annals of Statistics 1989).
    """
    count = len(truth)
    errors = [prediction - value for value, prediction in zip(truth, predictions)]
    mean = sum(truth) / count
    parts = [(e * e, abs(e), (value - mean) ** 2, value - mean) for e, value in zip(errors, truth)]

    def measure(square, absolute, spread, centre):
        spread -= centre * centre / count
        return math.sqrt(square / count), absolute / count, 1 - square / spread

    block = max(1, round(count ** (1 / 3)))
    running = [(0.0, 0.0, 0.0, 0.0)]
    for part in parts + parts[: block - 1]:
        running.append(tuple(a + b for a, b in zip(running[-1], part)))
    blocks = [
        tuple(high - low for low, high in zip(running[start], running[start + block])) for start in range(count)
    ]
    random = Random(seed)
    draws = []
    for _ in range(resamples):
        drawn = [blocks[random.randrange(count)] for _ in range(round(count / block))]
        scale = count / (block * len(drawn))
        draws.append(measure(*(scale * sum(column) for column in zip(*drawn))))
    metrics = {}
    for key, value, column in zip(('rmse', 'mae', 'r2'), measure(*map(sum, zip(*parts))), zip(*draws)):
        middle = sum(column) / resamples
        metrics[key] = value
        metrics[f'{key}_se'] = math.sqrt(sum((draw - middle) ** 2 for draw in column) / (resamples - 1))
    return metrics | {'n': count}
