/// One thing that a request wants to do, and that rules allow or deny.
package struct Permission: Hashable, Sendable {
    /// What rules are about.
    package enum Resource: String, CaseIterable, Hashable, Sendable {
        case service
        case node
        case key
        case query
        case session
        case agent
        case event
        /// The server as a whole; has no names.
        case `operator`
        /// Tokens and policies; has no names.
        case acl

        /// True when rules are about names, exact ones and prefixes.
        package var isNamed: Bool { self != .operator && self != .acl }

        /// True when names are the same in any letter case, as the catalog finds them.
        ///
        /// Why: a rule that denies `web` must hold for `WEB`, which is the same service.
        var foldsNames: Bool { self != .key && self != .event }
    }

    package var resource: Resource
    package var level: AccessLevel
    /// Empty where the resource has no names.
    package var name: String
    /// True: it is about every name that begins with `name`.
    package var isAboutPrefix: Bool

    package init(
        _ resource: Resource,
        _ level: AccessLevel,
        _ name: String = "",
        isAboutPrefix: Bool = false
    ) {
        self.resource = resource
        self.level = level
        self.name = name
        self.isAboutPrefix = isAboutPrefix
    }
}

extension Permission {
    package static func serviceRead(_ name: String) -> Permission {
        Permission(.service, .read, name)
    }
    package static func serviceWrite(_ name: String) -> Permission {
        Permission(.service, .write, name)
    }
    package static func nodeRead(_ name: String) -> Permission { Permission(.node, .read, name) }
    package static func nodeWrite(_ name: String) -> Permission { Permission(.node, .write, name) }
    package static func keyRead(_ key: String) -> Permission { Permission(.key, .read, key) }
    package static func keyWrite(_ key: String) -> Permission { Permission(.key, .write, key) }
    /// Every key below a prefix, as a recursive delete needs it.
    package static func keyWritePrefix(_ prefix: String) -> Permission {
        Permission(.key, .write, prefix, isAboutPrefix: true)
    }
    package static func queryRead(_ name: String) -> Permission { Permission(.query, .read, name) }
    package static func queryWrite(_ name: String) -> Permission {
        Permission(.query, .write, name)
    }
    /// Sessions belong to a node.
    package static func sessionRead(onNode name: String) -> Permission {
        Permission(.session, .read, name)
    }
    package static func sessionWrite(onNode name: String) -> Permission {
        Permission(.session, .write, name)
    }
    /// The agent of a node.
    package static func agentRead(_ node: String) -> Permission { Permission(.agent, .read, node) }
    package static func agentWrite(_ node: String) -> Permission {
        Permission(.agent, .write, node)
    }
    package static func eventRead(_ name: String) -> Permission { Permission(.event, .read, name) }
    package static func eventWrite(_ name: String) -> Permission {
        Permission(.event, .write, name)
    }
    package static let operatorRead = Permission(.operator, .read)
    package static let operatorWrite = Permission(.operator, .write)
    /// Reading tokens and policies; the default policy never grants it.
    package static let accessRead = Permission(.acl, .read)
    /// Changing tokens and policies, and the snapshot, which holds all secrets.
    package static let accessWrite = Permission(.acl, .write)
}

extension Permission: CustomStringConvertible {
    /// `'service:write' on "web"`, as Consul words it.
    package var description: String {
        let what = "'\(resource.rawValue):\(level.rawValue)'"
        return resource.isNamed ? "\(what) on \"\(name)\"" : what
    }
}
