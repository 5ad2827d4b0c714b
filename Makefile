# A thin layer over the scaleproof command: bin/scaleproof help tells the rest.
# Variables given to make reach the command by the environment:
#   make e2e-kind KEEP=1 SUITE=metrics FOCUS=counts IMAGES=build

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SCALEPROOF := bin/scaleproof
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
# The nested modules whose sources are ours; the others only pin what upstream wrote.
OURS := $(patsubst fixtures/components/%/main.go,%,$(wildcard fixtures/components/*/main.go fixtures/components/*/*/main.go))

.PHONY: help
help: ## print this
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf '  %-17s %s\n' "$$name" "$$text"; done
	@echo
	@echo '  variables: KEEP=1 SUITE=… FOCUS=… IMAGES=auto|pull|build NODES=… PROCS=… MUTANT=…|all CLUSTER_NAME=…, and RUN=… for judge'

.PHONY: build
build: ## build the command, bin/scaleproof
	@go build -buildvcs=false -ldflags '-X main.version=$(shell git describe --always --dirty 2>/dev/null)' -o $(SCALEPROOF) ./e2e/cmd/scaleproof

.PHONY: test
test: ## run the tests of all modules; needs no Docker and no cluster
	go test ./...
	@for name in $(OURS); do echo "go test ./... # $$name"; (cd fixtures/components/$$name && go test ./...); done

.PHONY: lint
lint: ## run golangci-lint and actionlint, built from source at the pinned versions
	go run $(ACTIONLINT)
	go run $(GOLANGCI_LINT) run ./...
	@for name in $(OURS); do echo "golangci-lint # $$name"; (cd fixtures/components/$$name && go run $(GOLANGCI_LINT) run --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: check
check: build test lint ## what to run before a commit: tests, lint, and that what is generated is up to date
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); [[ -z $$unformatted ]] || { echo "not formatted, run gofmt -w: $$unformatted"; exit 1; }
	go vet ./...
	@for folder in . $(addprefix fixtures/components/,$(OURS)); do echo "go mod tidy -diff # $$folder"; (cd $$folder && go mod tidy -diff); done
	$(SCALEPROOF) promises --check PROMISES.md

.PHONY: check-all
check-all: check e2e-eks-rehearsal ## check, and the rehearsal of EKS

.PHONY: generate
generate: build ## write PROMISES.md from the suites
	$(SCALEPROOF) promises PROMISES.md

.PHONY: bench
bench: ## run the benchmarks, to compare by benchstat
	go test -run '^$$' -bench . -benchmem -count 6 ./e2e/...

# Where up leaves the way to a cluster.
kubeconfig = $(or $(SCALEPROOF_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/scaleproof)/kind/$(1)/kubeconfig
KUBECONFIG_FILE = $(call kubeconfig,$(or $(CLUSTER_NAME),scaleproof))
KARPENTER := fixtures/components/karpenter-provider-kind
BENCH_NODES = cd $(KARPENTER) && go test -timeout 40m ./bench

.PHONY: bench-nodes
bench-nodes: up ## measure on the cluster how long new nodes take, 20 one by one, then four at once, and what Karpenter uses
	$(BENCH_NODES) -run '^$$' -bench Launch -benchtime 1x -count 20 -args -cluster $(KUBECONFIG_FILE)
	$(BENCH_NODES) -run '^$$' -bench FourAtOnce -benchtime 1x -count 3 -args -cluster $(KUBECONFIG_FILE)
	$(BENCH_NODES) -v -run Idle -count 1 -args -cluster $(KUBECONFIG_FILE)

.PHONY: soak-nodes
soak-nodes: up ## make and remove 30 nodes on the cluster, see that nothing is left, and fill the disk of another
	$(BENCH_NODES) -v -run 'NothingIsLeft|FullDisk' -count 1 -args -cluster $(KUBECONFIG_FILE)

.PHONY: faults-nodes
faults-nodes: up ## kill Karpenter and stop the engine in the middle of launches, and have launches fail
	$(BENCH_NODES) -v -run Fault -count 1 -args -cluster $(KUBECONFIG_FILE)

.PHONY: pair-nodes
pair-nodes: build ## see that two clusters side by side on one engine leave each other's nodes alone
	down() { code=$$?; for name in pair-a pair-b; do CLUSTER_NAME=$$name $(SCALEPROOF) down || code=$$?; done; exit $$code; }; \
	trap down EXIT; \
	for name in pair-a pair-b; do CLUSTER_NAME=$$name $(SCALEPROOF) up; done; \
	($(BENCH_NODES) -v -run SideBySide -count 1 -args -cluster $(call kubeconfig,pair-a) -beside $(call kubeconfig,pair-b) \
		-down 'cd $(CURDIR) && CLUSTER_NAME=pair-a $(SCALEPROOF) down')

.PHONY: conformance-nodes
conformance-nodes: up ## run Karpenter's own regression suite on the cluster, which takes an hour: FOCUS='^Drift' runs a part
	cd $(KARPENTER)/conformance && go test -c -o $(CURDIR)/bin/karpenter-regression.test sigs.k8s.io/karpenter/test/suites/regression
	cd $(KARPENTER)/conformance && go build -o $(CURDIR)/bin/karpenter-conformance .
	bin/karpenter-conformance -suite bin/karpenter-regression.test -cluster $(KUBECONFIG_FILE) \
		-out reports/out/conformance-nodes -focus '$(FOCUS)' $(if $(filter pull,$(IMAGES)),-upstream-images)

.PHONY: images
images: build ## pull or build all images
	$(SCALEPROOF) images

.PHONY: up
up: build ## make the cluster and the stack, and stop there
	$(SCALEPROOF) up

.PHONY: e2e-kind
e2e-kind: build ## prove the promises on a kind cluster
	$(SCALEPROOF) run --provider kind

.PHONY: mutants
mutants: build ## break the stack in every known way, and see the promises go red
	$(SCALEPROOF) run --provider kind --mutant all

.PHONY: faults
faults: build ## end real runs in every phase and way, and see that nothing is left; takes an hour
	SCALEPROOF_FAULTS=$(CURDIR)/$(SCALEPROOF) go test -count 1 -v -timeout 3h -run '$(or $(RUN),^TestFaults)' ./e2e/cmd/scaleproof

.PHONY: e2e-eks
e2e-eks: build ## prove the promises on EKS: costs money, see DRY_RUN=1; needs ACCEPT_COST=1 ALLOW_ACCOUNT=…
	$(SCALEPROOF) run --provider eks

.PHONY: e2e-eks-rehearsal
e2e-eks-rehearsal: build ## do all that e2e-eks does on this machine, without an account
	$(SCALEPROOF) rehearse

.PHONY: judge
judge: build ## judge a stored run again: RUN=latest
	$(SCALEPROOF) judge $(or $(RUN),latest)

.PHONY: doctor
doctor: build ## check the machine
	$(SCALEPROOF) doctor

.PHONY: down
down: build ## remove the cluster, and what a killed run left
	$(SCALEPROOF) down
