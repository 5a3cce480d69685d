internal import EtcdCluster

/// The keys `store`, `cluster` and `etcd`: where changes are put in order.
struct ClusterOptions: Hashable, Sendable {
    /// Who keeps the catalog.
    enum Store: String, Hashable, Sendable {
        /// This server alone, in its data folder.
        case embedded
        /// etcd, for all servers of a cluster.
        case etcd
    }

    var store = Store.embedded
    var endpoints: [EtcdEndpoint] = []
    var user: String?
    var password: Secret?
    var authority: String?
    var certificate: String?
    var key: String?
    /// How much of the past etcd is told to keep; zero: others see to that.
    var history = Duration.seconds(600)
    /// Of the cluster.
    var name: String?
    var acceptsOfflineRegistrations = false
    var memberTerm = Duration.seconds(5)
    var cutOffAfter = Duration.seconds(3)
    var startTimeout = Duration.seconds(30)
    var copyInterval = Duration.seconds(30)
    var snapshotEntries = 4_096

    var isUsed: Bool { store == .etcd }

    /// Reads the password, if it is in a file.
    mutating func loadSecrets(
        _ places: [String: ConfigurationError.Place],
        _ readFile: (String) throws(FileReadFailure) -> String
    ) throws(ConfigurationError) {
        guard var secret = password else { return }
        do {
            try secret.load(readFile)
        } catch {
            throw ConfigurationError(
                places["etcd.password"] ?? .builtIn,
                key: "etcd.password",
                "\(secret.file ?? ""): \(error.problem)"
            )
        }
        password = secret
    }
}

extension Setting {
    /// The keys about a cluster.
    static let cluster: [Setting] = [
        .one("store", \.cluster.store, .store),
        .one("cluster.name", \.cluster.name, .clusterName),
        .one(
            "cluster.accept_offline_registrations",
            \.cluster.acceptsOfflineRegistrations,
            .flag
        ),
        .one(
            "cluster.member_term",
            \.cluster.memberTerm,
            .duration(such: "5s", .seconds(2) ... .seconds(300))
        ),
        .one(
            "cluster.cut_off_after",
            \.cluster.cutOffAfter,
            .duration(such: "3s", .seconds(1) ... .seconds(300))
        ),
        .one(
            "cluster.start_timeout",
            \.cluster.startTimeout,
            .duration(such: "30s", .seconds(1) ... .seconds(3_600))
        ),
        .one(
            "cluster.copy_interval",
            \.cluster.copyInterval,
            .duration(such: "30s", .seconds(1) ... .seconds(86_400))
        ),
        .one("cluster.snapshot_entries", \.cluster.snapshotEntries, .number(16...1_000_000)),
        .list("etcd.endpoints", \.cluster.endpoints, .etcdEndpoint, mayBeEmpty: true),
        .one("etcd.user", \.cluster.user, .textOrNone("a name of a user")),
        .one("etcd.password", \.cluster.password, .secret),
        .one("etcd.ca", \.cluster.authority, .textOrNone("a file")),
        .one("etcd.certificate", \.cluster.certificate, .textOrNone("a file")),
        .one("etcd.key", \.cluster.key, .textOrNone("a file")),
        .one(
            "etcd.history",
            \.cluster.history,
            .duration(such: "10m", .zero ... .seconds(604_800))
        ),
    ]
}

extension SettingForm where Value == ClusterOptions.Store {
    fileprivate static var store: SettingForm {
        SettingForm(
            expected: "embedded or etcd",
            parse: { Value(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }
}

extension SettingForm where Value == EtcdEndpoint {
    fileprivate static var etcdEndpoint: SettingForm {
        SettingForm(
            expected: "a URL of etcd such as http://10.0.0.5:2379",
            parse: { EtcdEndpoint($0) },
            show: { .text("\($0)") }
        )
    }
}

extension SettingForm where Value == String? {
    fileprivate static var clusterName: SettingForm {
        SettingForm(
            expected: "a name of a cluster such as prod (letters, digits, - and _)",
            parse: { text in
                if text.isEmpty { return .some(nil) }
                return HostFacts.isLabel(text) ? .some(text.lowercased()) : nil
            },
            show: { .text($0 ?? "") }
        )
    }

    /// Nothing for none.
    fileprivate static func textOrNone(_ expected: String) -> SettingForm {
        SettingForm(
            expected: expected,
            parse: { .some($0.isEmpty ? nil : $0) },
            show: { .text($0 ?? "") }
        )
    }
}

extension Configuration {
    /// Checks what the keys about a cluster say together.
    func validateCluster(
        _ failure: (_ keys: [String], _ problem: String) -> ConfigurationError
    ) throws(ConfigurationError) {
        guard cluster.isUsed else {
            let given = cluster.name.map { _ in "cluster.name" }
            if let key = given ?? (cluster.endpoints.isEmpty ? nil : "etcd.endpoints") {
                throw failure([key], "means something only with store: etcd (--store etcd)")
            }
            return
        }
        guard !cluster.endpoints.isEmpty else {
            throw failure(
                ["etcd.endpoints"],
                "expected a URL of etcd, for store is etcd; see --etcd"
            )
        }
        guard let name = cluster.name else {
            throw failure(["cluster.name"], "expected a name, for store is etcd; see --cluster")
        }
        guard name != nodeName.lowercased() else {
            throw failure(
                ["cluster.name", "node_name"],
                "\"\(name)\" is the name of this node; what is registered with any server is on a "
                    + "node with the cluster's name"
            )
        }
        guard (cluster.certificate == nil) == (cluster.key == nil) else {
            throw failure(
                ["etcd.certificate", "etcd.key"],
                "a certificate needs a key, and a key a certificate"
            )
        }
        guard cluster.memberTerm.components.attoseconds == 0 else {
            throw failure(["cluster.member_term"], "expected whole seconds")
        }
        guard !cluster.acceptsOfflineRegistrations || !isEphemeral else {
            throw failure(
                ["cluster.accept_offline_registrations"],
                "needs a data folder, and ephemeral says that there is none"
            )
        }
    }

    /// The node that what is registered with this server is on: all servers of a cluster are one.
    var agentNodeName: String {
        cluster.isUsed ? cluster.name ?? nodeName : nodeName
    }
}
