#!/usr/bin/env python3
"""Writes host/tests/fixtures/classic.json: what scikit-learn makes of 90 small windows.

    pip install numpy scikit-learn && host/studies/classic_reference.py

The unit tests of host/training/src/classic compare with it and need no Python. Made with scikit-learn 1.9; any recent
version gives the same to the tests' tolerances.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

CLASSES, FEATURES, PER_CLASS = 3, 5, 30
L2, K = 2.0, 7
PAIRS = [(0.5, 0.2), (3.0, 0.1), (30.0, 0.7)]


def main():
    random = np.random.default_rng(20)
    centres = random.normal(0, 0.9, (CLASSES, FEATURES))
    labels = np.tile(np.arange(CLASSES), PER_CLASS)
    # Rounded, so that the file holds the very values that were fitted.
    train = np.round(centres[labels] + random.normal(0, 1, (len(labels), FEATURES)), 3)
    test = np.round(random.normal(0, 1.3, (24, FEATURES)), 3)

    logreg = LogisticRegression(C=1 / L2, tol=1e-10, max_iter=10000).fit(train, labels)
    gnb = GaussianNB().fit(train, labels)
    knn = KNeighborsClassifier(K).fit(train, labels)
    svm = []
    for cost, gamma in PAIRS:
        model = OneVsRestClassifier(SVC(C=cost, gamma=gamma, tol=1e-8)).fit(train, labels)
        svm.append({"cost": cost, "gamma": gamma, "decisions": model.decision_function(test).tolist()})
    reference = {
        "train": train.tolist(),
        "labels": labels.tolist(),
        "test": test.tolist(),
        "logreg": {"strength": L2, "probabilities": logreg.predict_proba(test).tolist()},
        "gnb": {"probabilities": gnb.predict_proba(test).tolist()},
        "knn": {"k": K, "shares": knn.predict_proba(test).tolist()},
        "svm": svm,
    }
    path = Path(__file__).parent.parent / "tests/fixtures/classic.json"
    path.write_text(json.dumps(reference) + "\n")


if __name__ == "__main__":
    main()
