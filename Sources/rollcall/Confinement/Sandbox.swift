internal import CConfinement

/// The filter of system calls that the server puts on itself once it has started.
///
/// Why: whoever finds a hole in it gets a process that cannot execute programs, trace others,
/// mount, load modules or become somebody else. Refused calls fail with EPERM and nothing is killed,
/// so that a library's odd question costs an error and not the service.
enum Sandbox {
    /// What the `sandbox` setting says.
    enum Mode: String, Hashable, Sendable {
        case on
        case off
    }

    /// A call that was tried inside the sandbox.
    struct Attempt: Hashable, Sendable {
        var call: String
        /// 0: it was allowed.
        var errorNumber: Int32
    }

    /// Installs the filter in all threads, for good.
    ///
    /// - Returns: nil, or why the system has no filters for us: an old kernel, or a container that
    ///   forbids them.
    static func install() -> String? {
        let error = confinement_install()
        return error == 0 ? nil : SystemMessage.text(error)
    }

    /// Forbids this thread and those that it starts to gain privileges by executing programs.
    ///
    /// Called before there are other threads; the filter does it for all, but may be off.
    static func forbidNewPrivileges() {
        _ = confinement_forbid_new_privileges()
    }

    /// Tries calls that the filter refuses; none does harm where it is allowed.
    static func attempts() -> [Attempt] {
        (0..<confinement_attempt_count()).map { number in
            Attempt(
                call: unsafe String(cString: confinement_attempt_name(number)),
                errorNumber: confinement_attempt(number)
            )
        }
    }
}

extension SettingForm where Value == Sandbox.Mode {
    static var sandbox: SettingForm {
        SettingForm(
            expected: "on or off",
            parse: { Value(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }
}
