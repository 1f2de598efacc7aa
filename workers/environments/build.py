"""Builds a version of an environment: installs what is locked, checks it, and imports each module once."""

import base64
import hashlib
import importlib
import importlib.machinery
import importlib.metadata
import os
import platform
import sys
import traceback

import _cage
from _environment import SITE, Broken, install, lock
from _requirements import fits, normal, problems_of

# Where this program lies is no place to import from: a package may be called as one of its files.
sys.path[:] = [place for place in sys.path if place not in ('', '/env')]
os.chdir('/')
TAKEN = frozenset(sys.modules) | sys.stdlib_module_names
# RECORD names no other (PEP 427).
HASHES = ('sha256', 'sha384', 'sha512')


def main():
    packages = lock()
    print(f'{len(packages)} {"package" if len(packages) == 1 else "packages"} for Python {platform.python_version()}.')
    owners = install(packages)
    found = {normal(one.metadata.get('Name') or ''): one for one in importlib.metadata.distributions(path=[SITE])}
    versions = {name: one.version for name, one in found.items()}
    problems = []
    for index, package in enumerate(packages):
        _cage.progress(index / len(packages), package['name'])
        problems += check(package, found.get(package['name']), versions)
    if not problems:
        for package in packages:
            problems += import_all(package['name'], owners)
    if problems:
        sys.exit('\n'.join(problems))
    print('Every module can be imported.')


def check(package, distribution, versions):
    """What is wrong with one package, before anything of it runs."""
    name, version = package['name'], package['version']
    if distribution is None:
        return [f'{package["file"]} does not hold the package {name}: its METADATA is missing or names another.']
    if distribution.version != version:
        return [f'{package["file"]} says it is version {version}, and its METADATA says {distribution.version}.']
    print(f'{name} {version}')
    wanted = distribution.metadata.get('Requires-Python')
    problems = problems_of(name, distribution.requires or [], versions)
    if wanted is not None and not fits(platform.python_version(), wanted):
        problems.append(f'{name} needs Python {wanted}.')
    return problems + record_problems(name, distribution)


def record_problems(name, distribution):
    """Files that are not what the wheel's own RECORD says, the first few."""
    if not distribution.read_text('RECORD'):
        return [f'{name} has no RECORD, which every wheel has.']
    problems = []
    for file in distribution.files or []:
        path = file.locate()
        if file.hash is None or not os.path.isfile(path):
            continue
        if not is_as_recorded(path, file.hash):
            problems.append(f'{name}: {file} is not what its RECORD says.')
    return problems[:5]


def is_as_recorded(path, recorded):
    if recorded.mode not in HASHES:
        return False
    with open(path, 'rb') as content:
        digest = hashlib.file_digest(content, recorded.mode).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b'=').decode() == recorded.value


def import_all(name, owners):
    """Import the modules that a package brings; what it raises is the problem."""
    problems = []
    for module in modules_of(name, owners):
        if is_taken(module):
            print(f'import {module}: not tried, programs get the interpreter’s own module of this name')
            continue
        try:
            importlib.import_module(module)
            print(f'import {module}: done')
        except BaseException as error:
            traceback.print_exc()
            problems.append(f'{name}: import {module} failed: {" ".join(str(error).split())[:300] or type(error).__name__}')
    return problems


def modules_of(name, owners):
    """Names that can be imported at the top, of the files that a package brought."""
    modules = set()
    for place, owner in owners.items():
        top, _, below = place.partition('/')
        if owner == name and place.endswith('.py') and not top.endswith('.dist-info'):
            modules.add(top if below else top[:-3])
    return sorted(module for module in modules if module.isidentifier())


def is_taken(module):
    """Whether what is imported by this name is not the package's: the standard library comes before it."""
    before = [place for place in sys.path if place != SITE]
    return module in TAKEN or importlib.machinery.PathFinder.find_spec(module, before) is not None


try:
    main()
except Broken as broken:
    sys.exit(str(broken))
