internal import DurableStore
internal import ServiceCatalog

extension Problems {
    /// Tells of a catalog that was damaged and restored, until its folder of damaged files is gone.
    ///
    /// Answers say that they may be stale only when changes are missing, or may be.
    func followRecoveries(in dataDirectory: String) {
        follow("catalog_restored") {
            CatalogStore.recoveryReports(in: dataDirectory).last.map { report in
                Problem(
                    code: "catalog_restored",
                    text: report.text,
                    remedy: "look at the disk and at what is missing, then move that folder away",
                    makesAnswersStale: report.mayBeStale,
                    answerText: "restored after damage; the last changes may be missing"
                )
            }
        }
    }
}
