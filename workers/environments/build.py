"""Builds a version of an environment: installs what is locked, checks it, and imports each module once."""

import base64
import hashlib
import importlib
import importlib.metadata
import os
import platform
import sys
import traceback

import _cage
from _environment import SITE, Broken, install, lock
from _requirements import fits, normal, problems_of


def main():
    packages = lock()
    print(f'{len(packages)} packages for Python {platform.python_version()}.')
    install(packages)
    found = {normal(one.metadata.get('Name') or ''): one for one in importlib.metadata.distributions(path=[SITE])}
    versions = {name: one.version for name, one in found.items()}
    problems = []
    for index, package in enumerate(packages):
        _cage.progress(index / len(packages), package['name'])
        problems += check(package, found.get(package['name']), versions)
    if not problems:
        for package in packages:
            problems += import_all(package['name'], found[package['name']])
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(1)
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
    problems = []
    for file in distribution.files or []:
        path = file.locate()
        if file.hash is None or '.data' in file.parts[0] or not os.path.isfile(path):
            continue
        with open(path, 'rb') as content:
            digest = hashlib.file_digest(content, file.hash.mode).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b'=').decode() != file.hash.value:
            problems.append(f'{name}: {file} is not what its RECORD says.')
    return problems[:5]


def import_all(name, distribution):
    """Import the modules that a package brings; what it raises is the problem."""
    problems = []
    for module in modules_of(distribution):
        try:
            importlib.import_module(module)
            print(f'import {module}: done')
        except BaseException as error:
            traceback.print_exc()
            problems.append(f'{name}: import {module} failed: {" ".join(str(error).split())[:300] or type(error).__name__}')
    return problems


def modules_of(distribution):
    """Names that can be imported at the top, from what the wheel lists."""
    modules = set()
    for file in distribution.files or []:
        top = file.parts[0]
        if len(file.parts) == 1 and top.endswith('.py'):
            modules.add(top[:-3])
        elif len(file.parts) > 1 and file.name.endswith('.py') and not top.endswith(('.dist-info', '.data')):
            modules.add(top)
    return sorted(module for module in modules if module.isidentifier())


try:
    main()
except Broken as broken:
    print(broken, file=sys.stderr)
    sys.exit(1)
