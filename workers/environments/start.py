"""Starts a job's program with the packages of its environment."""

import os
import runpy
import sys

from _environment import install, lock

install(lock())
os.chdir('/job')
sys.path[0] = '/job'
sys.argv = ['/job/main.py']
runpy.run_path('/job/main.py', run_name='__main__')
