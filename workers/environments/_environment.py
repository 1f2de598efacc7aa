"""Puts the packages of an environment where programs import from: each wheel as the lock says, byte by byte."""

import hashlib
import json
import os
import shutil
import sys
import zipfile

SITE = '/env/site-packages'
UNPACKED_BYTES_MAX = 256 * 1024 * 1024
FILES_MAX = 20_000
PIECE_BYTES = 1024 * 1024


class Broken(Exception):
    """A wheel that cannot be installed, in one sentence."""


def lock():
    """The packages, each with name, version, file, path and sha256."""
    with open('/env/environment.json', encoding='utf-8') as file:
        return json.load(file)['packages']


def install(packages):
    """Unpack the wheels and let programs import them, after the standard library. Returns each file's package, by name."""
    owners = {}
    left = [UNPACKED_BYTES_MAX]
    for package in packages:
        _unpack(package, owners, left)
    sys.path.append(SITE)
    return owners


def _unpack(package, owners, left):
    with open(package['path'], 'rb') as file:
        if hashlib.file_digest(file, 'sha256').hexdigest() != package['sha256']:
            raise Broken(f'{package["file"]} is not the file that was locked.')
    try:
        with zipfile.ZipFile(package['path']) as wheel:
            for entry in wheel.infolist():
                place = _place_of(package, entry)
                if place is not None:
                    _write(package, wheel, entry, place, owners, left)
    except Broken:
        raise
    except Exception as error:  # an archive that is not as it should be raises what each of its parts happens to raise
        raise Broken(f'{package["file"]} cannot be unpacked: {error}') from None


def _place_of(package, entry):
    """Where a file of a wheel goes; None for what no program imports (PEP 427: scripts, headers, data)."""
    name = entry.filename
    if entry.is_dir():
        return None
    parts = name.split('/')
    if name.startswith('/') or '\\' in name or '..' in parts or '\0' in name or ':' in parts[0]:
        raise Broken(f'{package["file"]} holds the path {name!r}, which leaves its folder.')
    # One file has one name: two packages cannot bring it under two.
    if '' in parts or '.' in parts:
        raise Broken(f'{package["file"]} holds the path {name!r}, which is not written plainly.')
    if parts[0].endswith('.data'):
        if len(parts) < 3 or parts[1] not in ('purelib', 'platlib'):
            return None
        parts = parts[2:]
    if parts[-1].endswith(('.so', '.pyd', '.dll', '.dylib')):
        raise Broken(f'{package["file"]} holds compiled code: {name}.')
    return '/'.join(parts)


def _write(package, wheel, entry, place, owners, left):
    owner = owners.setdefault(place, package['name'])
    if owner != package['name']:
        raise Broken(f'{owner} and {package["name"]} both bring {place}.')
    if len(owners) > FILES_MAX:
        raise Broken(f'The packages hold more than {FILES_MAX} files.')
    path = f'{SITE}/{place}'
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        with wheel.open(entry) as source, open(path, 'xb') as target:
            shutil.copyfileobj(_Counted(source, left), target, PIECE_BYTES)
    except FileExistsError:
        raise Broken(f'{package["file"]} holds {place} twice.') from None


class _Counted:
    """What is read from an archive, piece by piece: the size that the archive states may be wrong."""

    def __init__(self, source, left):
        self._source = source
        self._left = left

    def read(self, size):
        piece = self._source.read(size)
        self._left[0] -= len(piece)
        if self._left[0] < 0:
            raise Broken(f'The packages unpack to more than {UNPACKED_BYTES_MAX // 1048576} MB.')
        return piece
