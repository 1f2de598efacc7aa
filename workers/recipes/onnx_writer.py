"""Writes ONNX models with nothing but the standard library.

The format is protocol buffers; field numbers are those of onnx.proto (https://onnx.ai, IR version 8). Only what our
recipes need is here.
"""

import struct

FLOAT, INT64, STRING = 1, 7, 8
OPSET, ML_OPSET, IR_VERSION = 17, 3, 8
ML = 'ai.onnx.ml'


def _varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _block(field, content):
    content = content.encode() if isinstance(content, str) else content
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _floats(values):
    return struct.pack(f'<{len(values)}f', *values)


def _attribute(name, value):
    head = _block(1, name)
    if isinstance(value, float):
        return head + _varint(2 << 3 | 5) + struct.pack('<f', value) + _number(20, 1)
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, 2)
    if isinstance(value, str):
        return head + _block(4, value) + _number(20, 3)
    if all(isinstance(item, str) for item in value):
        return head + b''.join(_block(9, item) for item in value) + _number(20, 8)
    if all(isinstance(item, int) for item in value):
        return head + _block(8, b''.join(map(_varint, value))) + _number(20, 7)
    return head + _block(7, _floats(value)) + _number(20, 6)


def _value(name, kind, width):
    rows, columns = _block(1, _block(2, 'rows')), _block(1, _number(1, width))
    tensor = _number(1, kind) + _block(2, rows + columns)
    return _block(1, name) + _block(2, _block(1, tensor))


class Graph:
    """A graph built from its inputs to its output. Each method returns the name of the value that it adds."""

    def __init__(self, name):
        self.name = name
        self.inputs, self.outputs, self.nodes, self.constants = [], [], [], []
        self.count = 0

    def input(self, name, kind):
        """A raw column of shape [rows, 1], under the name that callers use."""
        self.inputs.append(_value(name, kind, 1))
        return name

    def floats(self, values, shape):
        return self._constant(FLOAT, _floats(values), shape)

    def integers(self, values):
        return self._constant(INT64, struct.pack(f'<{len(values)}q', *values), [len(values)])

    def _constant(self, kind, raw, shape):
        name = self._fresh('constant')
        dims = b''.join(_number(1, size) for size in shape)
        self.constants.append(dims + _number(2, kind) + _block(8, name) + _block(9, raw))
        return name

    def _fresh(self, stem):
        self.count += 1
        return f'{stem}_{self.count}'

    def node(self, operator, inputs, domain='', output=None, **attributes):
        output = output or self._fresh(operator.lower())
        content = b''.join(_block(1, name) for name in inputs) + _block(2, output)
        content += _block(3, output + '_node') + _block(4, operator)
        content += b''.join(_block(5, _attribute(name, value)) for name, value in attributes.items())
        self.nodes.append(content + (_block(7, domain) if domain else b''))
        return output

    def output(self, name):
        """Declare the result, of shape [rows, 1]."""
        self.outputs.append(_value(name, FLOAT, 1))

    # Feature engineering

    def one_hot(self, column, values):
        """A text column as one 0/1 feature for each value; a value that is not listed gives zeros."""
        encoded = self.node('OneHotEncoder', [column], ML, cats_strings=list(values), zeros=1)
        return self.node('Reshape', [encoded, self.integers([-1, len(values)])])

    def equals(self, column, values):
        """A number column as one 0/1 feature for each value."""
        same = self.node('Equal', [column, self.floats(values, [1, len(values)])])
        return self.node('Cast', [same], to=FLOAT)

    def filled(self, column, substitute):
        """A number column with gaps (NaN) filled, and a 0/1 feature that says where."""
        gap = self.node('IsNaN', [column])
        value = self.node('Where', [gap, self.floats([substitute], [1, 1]), column])
        return [value, self.node('Cast', [gap], to=FLOAT)]

    def concat(self, parts):
        return self.node('Concat', parts, axis=1)

    # Models

    def linear(self, features, weights, bias, output=None):
        matrix = self.floats(weights, [len(weights), 1])
        return self.node('Gemm', [features, matrix, self.floats([bias], [1])], output=output)

    def trees(self, features, trees, bias):
        """The sum of regression trees and a bias. A node is {'value'} or {'feature','threshold','low','high'}.

        A value at most the threshold goes low. The operator's own post_transform is not used, because the runtime
        ignores it for regressors: add a Sigmoid node instead.
        """
        columns = {key: [] for key in ('treeids', 'nodeids', 'featureids', 'modes', 'values', 'truenodeids', 'falsenodeids')}
        target = {key: [] for key in ('treeids', 'nodeids', 'ids', 'weights')}

        def add(tree, node, ids):
            number = ids[0]
            ids[0] += 1
            place = len(columns['treeids'])
            leaf = 'value' in node
            row = (tree, number, 0 if leaf else node['feature'], 'LEAF' if leaf else 'BRANCH_LEQ')
            row += (0.0 if leaf else float(node['threshold']), 0, 0)
            for column, value in zip(columns.values(), row):
                column.append(value)
            if leaf:
                for column, value in zip(target.values(), (tree, number, 0, float(node['value']))):
                    column.append(value)
            else:
                columns['truenodeids'][place] = add(tree, node['low'], ids)
                columns['falsenodeids'][place] = add(tree, node['high'], ids)
            return number

        for tree, root in enumerate(trees):
            add(tree, root, [0])
        attributes = {f'nodes_{key}': column for key, column in columns.items()}
        attributes |= {f'target_{key}': column for key, column in target.items()}
        return self.node(
            'TreeEnsembleRegressor', [features], ML, n_targets=1, aggregate_function='SUM', base_values=[float(bias)], **attributes
        )

    def model(self, description):
        """The finished file."""
        graph = b''.join(_block(1, node) for node in self.nodes) + _block(2, self.name)
        graph += b''.join(_block(5, constant) for constant in self.constants)
        graph += b''.join(_block(11, value) for value in self.inputs)
        graph += b''.join(_block(12, value) for value in self.outputs)
        content = _number(1, IR_VERSION) + _block(2, 'throughline') + _block(6, description) + _block(7, graph)
        content += _block(8, _block(1, '') + _number(2, OPSET))
        return content + _block(8, _block(1, ML) + _number(2, ML_OPSET))
