internal import DNSZones
internal import ServiceCatalog
internal import ServiceLifecycle
internal import Synchronization

/// Lets DNS show what the token for DNS may read, and nothing else.
///
/// A change of tokens and policies takes effect with the write that makes it; a token that expires
/// is noticed within a second.
final class DNSAccess: CatalogListener, Service {
    private let access: AccessControl
    private let serviceZone: ServiceZone
    private let keeper: CatalogKeeper
    private let inForce = Mutex(Authorizer.unrestricted)

    init(access: AccessControl, serviceZone: ServiceZone, keeper: CatalogKeeper) {
        self.access = access
        self.serviceZone = serviceZone
        self.keeper = keeper
    }

    func catalogDidChange(_ delta: CatalogDelta, in catalog: borrowing Catalog) {
        guard delta.changesAccessTokens || delta.changesAccessPolicies else { return }
        update(catalog)
    }

    /// Compiles all answers again if the token may read other things than before.
    func update(_ catalog: borrowing Catalog) {
        let authorizer = access.dnsAuthorizer(in: catalog)
        let isNews = inForce.withLock { inForce in
            defer { inForce = authorizer }
            return inForce != authorizer
        }
        if isNews { serviceZone.replaceVisibility(NameVisibility(authorizer), for: catalog) }
    }

    func run() async {
        guard access.isEnabled else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                self.keeper.read { self.update($0) }
            }
        }
    }
}

extension NameVisibility {
    /// What `authorizer` lets through.
    init(_ authorizer: Authorizer) {
        if authorizer.allowsAll(.service, .read), authorizer.allowsAll(.node, .read) {
            self = .all
        } else {
            self.init(
                showsService: { authorizer.allows(.serviceRead($0)) },
                showsNode: { authorizer.allows(.nodeRead($0)) }
            )
        }
    }
}
