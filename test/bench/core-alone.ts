import * as core from '@actions/core';

core.setFailed(core.getInput('nothing'));
