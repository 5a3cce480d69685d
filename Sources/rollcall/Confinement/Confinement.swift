internal import Glibc
internal import Logging

/// What the server gives up between opening its ports and answering: root, then system calls.
struct Confinement: Sendable {
    /// Nil: the server stays who it is.
    let privileges: Privileges?
    let sandbox: Sandbox.Mode
    /// Nil with `--ephemeral`.
    let dataFolder: DataFolder?
    /// Read again on SIGHUP; nil without one.
    let settingsFile: String?
    private let isEphemeral: Bool
    let logger: Logger

    /// - Throws: `StartError` for a user that the server cannot become.
    init(_ configuration: Configuration, logger: Logger) throws(StartError) {
        privileges = try Privileges.resolve(
            user: configuration.user,
            group: configuration.group
        )
        sandbox = configuration.sandbox
        dataFolder = privileges.flatMap { privileges in
            configuration.isEphemeral
                ? nil : DataFolder(path: configuration.dataDirectory, privileges: privileges)
        }
        settingsFile = configuration.file
        self.logger = logger
        isEphemeral = configuration.isEphemeral
    }

    /// Before anything is opened.
    func prepare() throws(StartError) { try dataFolder?.prepare() }

    /// After everything is opened, `audit` too, and before anything is answered.
    func enter(with audit: AuditLog?) throws(StartError) {
        try dataFolder?.giveAwayFiles()
        if let privileges {
            try audit?.give(to: privileges)
            try privileges.drop()
            try dataFolder?.checkAccess()
            if privileges.isChange {
                logger.info("gave up root", metadata: ["user": "\(privileges.user)"])
            }
            warnOfUnreadableSettings(privileges)
        } else if geteuid() == 0, !isEphemeral {
            logger.warning(
                "runs as root",
                metadata: ["remedy": "set user, or start it as a user of its own"]
            )
        }
        guard sandbox == .on else { return }
        if let reason = Sandbox.install() {
            logger.warning(
                "no sandbox: the system has no filters of system calls for this process",
                metadata: ["reason": "\(reason)"]
            )
        }
    }

    private func warnOfUnreadableSettings(_ privileges: Privileges) {
        guard let settingsFile, unsafe access(settingsFile, R_OK) != 0 else { return }
        logger.warning(
            "settings cannot be loaded again: the user may not read them",
            metadata: ["file": "\(settingsFile)", "user": "\(privileges.user)"]
        )
    }
}

// MARK: - The main thread

extension Confinement {
    /// What all threads have from the first one: no way to new privileges.
    ///
    /// The signals that the server listens for are held back here, for they must not end it.
    static func prepareMainThread() {
        Sandbox.forbidNewPrivileges()
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&signals, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Keeps the main thread until the process ends.
    ///
    /// Why: left to the system library it ends, and the system then shows for ever what it was, root,
    /// as the identity of the whole process; only threads that are there can change theirs.
    static func parkMainThread() -> Never {
        while true { pause() }
    }
}
