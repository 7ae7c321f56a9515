//! The classic models by name: what each is, its presets, and how many windows it may carry.

/// Which classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Multinomial logistic regression.
    LogReg,
    /// Nearest neighbours.
    Knn,
    /// Gaussian naive Bayes.
    Gnb,
    /// Support vector machine.
    Svm,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::LogReg, Self::Knn, Self::Gnb, Self::Svm];

    /// The name in options and run records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogReg => "logreg",
            Self::Knn => "knn",
            Self::Gnb => "gnb",
            Self::Svm => "svm",
        }
    }

    /// One of ours by name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What it is.
    pub const fn about(self) -> &'static str {
        match self {
            Self::LogReg => "logistic regression on window statistics",
            Self::Knn => "nearest training windows by statistics, at most 8,192 of them",
            Self::Gnb => "Gaussian naive Bayes on window statistics",
            Self::Svm => "SVM with RBF kernel on window statistics, at most 8,192 vectors",
        }
    }

    /// What its presets are.
    pub const fn presets(self) -> &'static str {
        match self {
            Self::LogReg => "best (default) chooses L2 by validation, article is 1",
            Self::Knn => "k by validation in both",
            Self::Gnb => "best (default) smooths variances by validation, article does not",
            Self::Svm => "C and gamma by cross-validation in both",
        }
    }

    /// Training windows used at most.
    ///
    /// The first two carry theirs into the graph: 8,192 of 740 statistics are 24 MB and 6 million multiply-adds a
    /// window. The others are bounded by the memory of the workstation.
    pub(crate) const fn most_windows(self) -> usize {
        match self {
            Self::Knn | Self::Svm => 8_192,
            Self::LogReg | Self::Gnb => 65_536,
        }
    }
}
