# make lab        set up, then open the lessons in JupyterLab (make lab ARGS=--no-browser for a server)
# make test       set up, then run all tests and every notebook with strict comparison of its outputs
# make test-slow  set up, then run what takes long: round trips through wheels, notebooks and servers
# make test-portable set up, then run all notebooks under settings that change rounding (part of make test-slow)
# make test-browser set up, then run the explorers and the site in a browser (Chromium)
# make instructor set up, then add nbgrader, which grades homework
# make test-gpu   set up with CUDA, then run the same tests on a GPU; fails where TensorFlow sees none
# make notebooks  set up, then re-execute all notebooks and store their outputs
# make lessons    set up, then print the length of each lesson (ARGS=NOTEBOOK: and which rules it breaks)
# make site       set up, then build the course as a static site (docs/site.md)
# make site-open  build it and open it in the browser
# make site-publish build it and push it to the branch gh-pages (REPOSITORY=https://github.com/OWNER/NAME)
# make bench      set up, then time the course beside what one would use instead (benchmarks/RESULTS.md)

.DEFAULT_GOAL := help
.PHONY: help lab test test-slow test-gpu test-portable test-browser instructor notebooks lessons bench site site-open site-publish

VENV := .venv
IN_VENV := $(VENV)/bin/python
READY := $(VENV)/ready
READY_LAB := $(VENV)/ready-lab
READY_TO_GRADE := $(VENV)/ready-to-grade
READY_SLOW := $(VENV)/ready-slow
READY_GPU := $(VENV)/ready-gpu
READY_BROWSER := $(VENV)/ready-browser
READY_SITE := $(VENV)/ready-site
SITE = site/build.py --repository "$(REPOSITORY)" --hub "$(HUB)"
TESTS := -m pytest --nbval --nbval-current-env --nbval-cell-timeout 300 tests cnn_course notebooks
ON_GPU := CNN_COURSE_GPU=1 NVIDIA_TF32_OVERRIDE=0 TF_DETERMINISTIC_OPS=1 TF_FORCE_GPU_ALLOW_GROWTH=true

help:
	@sed -n 's/^# //p' Makefile

$(READY): pyproject.toml constraints.txt
	@sh tools/set_up.sh $(VENV)
	@touch $(READY)

$(READY_LAB): pyproject.toml constraints.txt
	@sh tools/set_up.sh $(VENV) course
	@touch $(READY_LAB)

$(READY_TO_GRADE): $(READY)
	@sh tools/set_up.sh $(VENV) test,instructor
	@touch $(READY_TO_GRADE)

$(READY_SLOW): $(READY)
	@sh tools/set_up.sh $(VENV) test,instructor,originals,backends,foreign
	@touch $(READY_TO_GRADE) $(READY_SLOW)

$(READY_GPU): pyproject.toml constraints.txt
	@sh tools/set_up.sh $(VENV) test,gpu
	@touch $(READY) $(READY_GPU)

$(READY_BROWSER): $(READY)
	@sh tools/set_up.sh $(VENV) test,browser,site
	@touch $(READY_BROWSER) $(READY_SITE)

$(READY_SITE): $(READY)
	@sh tools/set_up.sh $(VENV) test,site
	@touch $(READY_SITE)

lab: $(or $(wildcard $(READY)),$(READY_LAB))
	@$(IN_VENV) tools/lab.py $(ARGS)

test: $(READY)
	@$(IN_VENV) $(TESTS) $(ARGS)

test-slow: $(READY_SLOW)
	@$(IN_VENV) -m pytest -m slow tests $(ARGS)

test-portable: $(READY)
	@$(IN_VENV) -m pytest -m slow tests/notebooks/test_portable.py $(ARGS)

test-browser: $(READY_BROWSER)
	@$(IN_VENV) -m pytest -m browser --numprocesses=0 tests/browser $(ARGS)

instructor: $(READY_TO_GRADE)

test-gpu: $(READY_GPU)
	@$(ON_GPU) $(IN_VENV) $(TESTS) $(ARGS)

notebooks: $(READY)
	@$(IN_VENV) tools/notebooks.py $(ARGS)

lessons: $(READY)
	@$(IN_VENV) tests/notebooks/reading.py $(ARGS)

bench: $(READY)
	@$(IN_VENV) benchmarks/run.py $(ARGS)

site: $(READY_SITE)
	@$(IN_VENV) $(SITE) $(ARGS)

site-open: $(READY_SITE)
	@$(IN_VENV) $(SITE) --open $(ARGS)

site-publish: $(READY_SITE)
	@$(IN_VENV) $(SITE) --publish $(ARGS)
