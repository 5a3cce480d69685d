extension ConsulConfigurationFile {
    /// What the options about TLS say of our HTTPS listener.
    ///
    /// `tls.https` goes before `tls.defaults`, which goes before the older names at the top level.
    mutating func joinEncryption() throws(ConfigurationError) {
        // As in Consul, an address alone opens no port.
        if parts["ports.https"] != nil {
            try joinListenAddresses("https", setting: "https_listen", defaultPort: 8501)
        }
        let files = [
            ("cert_file", "tls.certificate"), ("key_file", "tls.key"), ("ca_file", "tls.client_ca"),
        ]
        for (name, key) in files {
            if let value = encryptionPart(name) { try store(value, as: key) }
        }
        if let value = encryptionPart("tls_min_version") {
            try store(try version(value), as: "tls.minimum_version")
        }
        if let value = encryptionPart("verify_incoming") ?? parts["verify_incoming_https"] {
            let others = [value, parts["verify_incoming_https"]].compactMap { $0 }
            var isRequired = false
            for other in others where try isTrue(other) { isRequired = true }
            let word = RawValue(.scalar(isRequired ? "required" : "off"), at: value.place)
            try store(word, as: "tls.client_certificates")
        }
    }

    private func isTrue(_ value: RawValue) throws(ConfigurationError) -> Bool {
        guard case .scalar(let text) = value.content, let isTrue = Bool(text) else {
            throw ConfigurationError(
                value.place,
                key: "verify_incoming",
                "expected true or false, found \(value.found)"
            )
        }
        return isTrue
    }

    private func encryptionPart(_ name: String) -> RawValue? {
        parts["tls.https.\(name)"] ?? parts["tls.defaults.\(name)"] ?? parts[name]
    }

    /// `TLSv1_2` and the older `tls12`; what is below 1.2 is not served.
    private func version(_ value: RawValue) throws(ConfigurationError) -> RawValue {
        let versions = [
            "TLSv1_0": "1.2", "TLSv1_1": "1.2", "TLSv1_2": "1.2", "TLSv1_3": "1.3",
            "TLS_AUTO": "1.2", "tls10": "1.2", "tls11": "1.2", "tls12": "1.2", "tls13": "1.3",
        ]
        guard case .scalar(let text) = value.content, let version = versions[text] else {
            throw ConfigurationError(
                value.place,
                key: "tls_min_version",
                "expected TLSv1_2 or TLSv1_3, found \(value.found)"
            )
        }
        return RawValue(.scalar(version), at: value.place)
    }
}
