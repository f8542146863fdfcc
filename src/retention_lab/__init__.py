"""Playbooks that tell a company who leaves, when and why.

From the bottom up: `errors` and `text`; `tables` (a client's files, checked); `methods` (arrays in, estimates out);
`analysis` (one question per module); `findings` (numbers to sentences); `views` (charts and tables);
`report` (executed notebook to HTML); `runner` (papermill, run folders); `cli`.
"""
