# make lab        set up, then open the lessons in JupyterLab (make lab ARGS=--no-browser for a server)
# make test       set up, then run all tests and every notebook with strict comparison of its outputs
# make test-slow  set up, then run what takes long: round trips through wheels, notebooks and servers
# make instructor set up, then add nbgrader, which grades homework
# make notebooks  set up, then re-execute all notebooks and store their outputs
# make bench      set up, then time the course beside what one would use instead (benchmarks/RESULTS.md)

.DEFAULT_GOAL := help
.PHONY: help lab test test-slow instructor notebooks bench

VENV := .venv
IN_VENV := $(VENV)/bin/python
READY := $(VENV)/ready
READY_TO_GRADE := $(VENV)/ready-to-grade

help:
	@sed -n 's/^# //p' Makefile

$(READY): pyproject.toml constraints.txt
	@sh tools/set_up.sh $(VENV)
	@touch $(READY)

$(READY_TO_GRADE): $(READY)
	@sh tools/set_up.sh $(VENV) test,instructor
	@touch $(READY_TO_GRADE)

lab: $(READY)
	@$(IN_VENV) tools/lab.py $(ARGS)

test: $(READY)
	@$(IN_VENV) -m pytest --nbval --nbval-current-env --nbval-cell-timeout 300 tests cnn_course notebooks $(ARGS)

test-slow: $(READY_TO_GRADE)
	@$(IN_VENV) -m pytest -m slow tests $(ARGS)

instructor: $(READY_TO_GRADE)

notebooks: $(READY)
	@$(IN_VENV) tools/notebooks.py $(ARGS)

bench: $(READY)
	@$(IN_VENV) benchmarks/run.py $(ARGS)
