/// A check as a registrant describes it: inside a service, or alone in `agent/check/register`.
struct CheckBody: Hashable {
    /// `ID` or `CheckID`.
    var id = ""
    var name = ""
    var status = ""
    var notes = ""
    var serviceID = ""
    var http = ""
    var method = ""
    var header: [String: [String]] = [:]
    var body = ""
    var disablesRedirects = false
    var tcp = ""
    var tcpUsesTLS = false
    var udp = ""
    var grpc = ""
    var grpcUsesTLS = false
    var http2Ping = ""
    var http2PingUsesTLS = true
    var aliasNode = ""
    var aliasService = ""
    var ttlMilliseconds = 0
    var intervalMilliseconds = 0
    var timeoutMilliseconds = 0
    var tlsServerName = ""
    var tlsSkipsVerify = false
    var successesBeforePassing = 0
    var failuresBeforeWarning = 0
    var failuresBeforeCritical = 0
    var deregisterAfterMilliseconds = 0
    var outputBytesMax = 0
    /// The kind of a check that this server does not run, if it is one.
    var refusedKind: String?

    /// Where a check stands decides which names it may have.
    enum Place {
        case insideService
        case alone
    }

    /// Reads the check that stands next; nil for `null`.
    static func read(
        _ reader: inout JSONReader,
        _ place: Place
    ) throws(JSONReadError) -> CheckBody? {
        var check = CheckBody()
        let isGiven = try reader.readFields { reader, folded, name throws(JSONReadError) in
            try check.readField(&reader, folded, name, place)
        }
        return isGiven ? check : nil
    }

    /// Reads the body of `agent/check/register`.
    init(body: [UInt8]) throws(JSONReadError) {
        var check = CheckBody()
        try JSONReader.readBody(body) { reader, folded, name throws(JSONReadError) in
            try check.readField(&reader, folded, name, .alone)
        }
        self = check
    }

    private init() {}

    private mutating func readField(
        _ reader: inout JSONReader,
        _ folded: String,
        _ name: String,
        _ place: Place
    ) throws(JSONReadError) {
        switch folded {
        case "checkid":
            let given = try reader.readString()
            if id.isEmpty { id = given }
        case "name": self.name = try reader.readString()
        case "status": status = try reader.readString()
        case "notes": notes = try reader.readString()
        case "serviceid", "service_id": serviceID = try reader.readString()
        case "ttl": ttlMilliseconds = try reader.readMilliseconds()
        case "interval": intervalMilliseconds = try reader.readMilliseconds()
        case "timeout": timeoutMilliseconds = try reader.readMilliseconds()
        case "successbeforepassing": successesBeforePassing = try reader.readInt()
        case "failuresbeforewarning": failuresBeforeWarning = try reader.readInt()
        case "failuresbeforecritical": failuresBeforeCritical = try reader.readInt()
        case "deregistercriticalserviceafter", "deregister_critical_service_after":
            deregisterAfterMilliseconds = try reader.readMilliseconds()
        case "outputmaxsize": outputBytesMax = try reader.readInt()
        case "id" where place == .alone:
            let given = try reader.readString()
            if !given.isEmpty { id = given }
        case "token" where place == .alone: try reader.ignoreValue()
        case "namespace" where place == .alone, "partition" where place == .alone:
            try reader.refuseTenancy(name)
        default: try readProbeField(&reader, folded, name)
        }
    }

    private mutating func readProbeField(
        _ reader: inout JSONReader,
        _ folded: String,
        _ name: String
    ) throws(JSONReadError) {
        switch folded {
        case "http": http = try reader.readString()
        case "method": method = try reader.readString()
        case "header": header = try reader.readStringListMap()
        case "body": body = try reader.readString()
        case "disableredirects", "disable_redirects": disablesRedirects = try reader.readBool()
        case "tcp": tcp = try reader.readString()
        case "tcpusetls", "tcp_use_tls": tcpUsesTLS = try reader.readBool()
        case "udp": udp = try reader.readString()
        case "grpc": grpc = try reader.readString()
        case "grpcusetls", "grpc_use_tls": grpcUsesTLS = try reader.readBool()
        case "aliasnode": aliasNode = try reader.readString()
        case "aliasservice": aliasService = try reader.readString()
        case "tlsservername", "tls_server_name": tlsServerName = try reader.readString()
        case "tlsskipverify", "tls_skip_verify": tlsSkipsVerify = try reader.readBool()
        case "args", "scriptargs", "script_args":
            if try !reader.skipValue() { refusedKind = "script" }
        case "dockercontainerid", "docker_container_id":
            if try !reader.skipValue() { refusedKind = "Docker" }
        case "h2ping": http2Ping = try reader.readString()
        case "h2pingusetls", "h2ping_use_tls": http2PingUsesTLS = try reader.readBool()
        case "osservice": if try !reader.skipValue() { refusedKind = "OSService" }
        case "shell": try reader.ignoreValue()
        case "proxyhttp", "proxygrpc":
            try reader.refuseValue(of: name, because: "there is no mesh proxy")
        default: throw .unknownField(name)
        }
    }
}
