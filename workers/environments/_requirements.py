"""Whether the packages of an environment have what they say they need (PEP 440, 508), as far as names and numbers go."""

import ast
import platform
import re
import sys

_REQUIREMENT = re.compile(r'^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;@)]*)\)?\s*(?:@[^;]*)?(?:;(.*))?$', re.S)
_CLAUSE = re.compile(r'^(===|==|!=|~=|>=|<=|>|<)\s*([\w.!+*-]+)$')
_RELEASE = re.compile(r'^v?(?:\d+!)?(\d+(?:\.\d+)*)(.*)$')

_HERE = {
    'python_version': '.'.join(platform.python_version_tuple()[:2]),
    'python_full_version': platform.python_version(),
    'os_name': 'posix',
    'sys_platform': sys.platform,
    'platform_system': platform.system(),
    'platform_machine': platform.machine(),
    'platform_python_implementation': platform.python_implementation(),
    'implementation_name': sys.implementation.name,
    'extra': '',
}


def normal(name):
    """PEP 503: one name for a package, however it is written."""
    return re.sub(r'[-_.]+', '-', name).lower()


def problems_of(name, requires, versions):
    """What a package needs and does not get, one sentence each. `versions` by normalised name."""
    problems = []
    for text in requires:
        match = _REQUIREMENT.match(text)
        if match is None:
            problems.append(f'{name} needs {text!r}, which cannot be read.')
            continue
        needed, wanted, marker = match[1], match[2].strip(), match[3]
        if marker is not None and not applies(marker):
            continue
        version = versions.get(normal(needed))
        if version is None:
            problems.append(f'{name} needs {needed}{" " + wanted if wanted else ""}, which is not among the packages.')
        elif not fits(version, wanted):
            problems.append(f'{name} needs {needed} {wanted}, and {version} is there.')
    return problems


def fits(version, wanted):
    """Whether a version is within what is wanted. What cannot be compared by numbers is taken to fit."""
    return all(_fits_one(version, clause.strip()) for clause in wanted.split(',') if clause.strip())


def _fits_one(version, clause):
    match = _CLAUSE.match(clause)
    if match is None:
        return True
    operator, bound = match[1], match[2]
    if operator == '===':
        return version == bound
    if bound.endswith('.*'):
        prefix = _release(bound[:-2])
        has = _release(version)
        if prefix is None or has is None:
            return True
        same = (has + (0,) * len(prefix))[: len(prefix)] == prefix
        return same if operator == '==' else not same
    one, other = _key(version), _key(bound)
    if one is None or other is None:
        return True
    if operator == '~=':
        prefix = (_release(bound) or ())[:-1]
        return one >= other and (_release(version) or ())[: len(prefix)] == prefix
    return {
        '==': one == other,
        '!=': one != other,
        '>=': one >= other,
        '<=': one <= other,
        '>': one > other,
        '<': one < other,
    }[operator]


def _release(version):
    match = _RELEASE.match(version)
    return tuple(int(number) for number in match[1].split('.')) if match else None


def _key(version):
    """The numbers without zeros at the end; before a release stand its trials, after it what was mended."""
    match = _RELEASE.match(version.split('+')[0])
    if match is None:
        return None
    numbers = [int(number) for number in match[1].split('.')]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    rest = match[2].lower().lstrip('.-_')
    stage = 0 if rest == '' else 1 if rest.startswith(('post', 'r')) and not rest.startswith('rc') else -1
    return (tuple(numbers), stage, rest)


def applies(marker):
    """Whether a marker holds here. One that cannot be read is taken to hold."""
    try:
        return bool(_value(ast.parse(marker.strip(), mode='eval').body))
    except (SyntaxError, KeyError, TypeError, ValueError, RecursionError, MemoryError):
        return True


def _value(node):
    if isinstance(node, ast.BoolOp):
        values = [_value(one) for one in node.values]
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compared(node.left, node.ops[0], node.comparators[0])
    raise TypeError('no marker')


def _compared(left, operator, right):
    one, other = _text(left), _text(right)
    if isinstance(operator, (ast.In, ast.NotIn)):
        return (one in other) == isinstance(operator, ast.In)
    signs = {ast.Eq: '==', ast.NotEq: '!=', ast.Lt: '<', ast.LtE: '<=', ast.Gt: '>', ast.GtE: '>='}
    sign = signs[type(operator)]
    names = [node.id for node in (left, right) if isinstance(node, ast.Name)]
    if any(name.startswith('python_') for name in names):
        return _fits_one(one, sign + other)
    return one == other if sign == '==' else one != other if sign == '!=' else True


def _text(node):
    if isinstance(node, ast.Name):
        return _HERE[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise TypeError('no marker')
