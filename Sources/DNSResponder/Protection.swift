/// The protection in force, as workers read it: it never changes, and `deallocate` ends it.
@unsafe struct Protection {
    /// Grows with each change; see `ProtectionBoard`.
    let generation: UInt64
    /// True when more than cookies is looked at for each query.
    let guardsAll: Bool
    let cookies: ProtectionSettings.Cookies
    let keys: UnsafeMutableBufferPointer<SipKey>
    let hasAllowedClients: Bool
    let allowedClients: NetworkSet
    /// Who may have whole zones.
    let transferClients: NetworkSet
    let limitsRates: Bool
    let rates: RateLimiter.Rates
    let rateExempt: NetworkSet

    /// `ownKey` signs when the settings have no secret; `workers` share the rate.
    init(_ settings: ProtectionSettings, ownKey: SipKey, workers: Int, generation: UInt64) {
        unsafe self.generation = generation
        unsafe cookies = settings.cookies
        let secrets = settings.cookieSecrets.isEmpty ? [ownKey] : settings.cookieSecrets.map(\.key)
        unsafe keys = .allocate(capacity: secrets.count)
        _ = unsafe keys.initialize(fromContentsOf: secrets)
        unsafe hasAllowedClients = !settings.allowedClients.isEmpty
        unsafe allowedClients = unsafe NetworkSet(settings.allowedClients)
        unsafe transferClients = unsafe NetworkSet(settings.transferClients)
        unsafe limitsRates = settings.responsesPerSecond > 0
        unsafe rates = RateLimiter.Rates(
            responsesPerSecond: settings.responsesPerSecond,
            workers: workers,
            slip: settings.slip
        )
        unsafe rateExempt = unsafe NetworkSet(settings.rateExemptNetworks)
        unsafe guardsAll = unsafe hasAllowedClients || limitsRates || cookies == .required
    }

    func deallocate() {
        unsafe keys.deallocate()
        unsafe allowedClients.deallocate()
        unsafe transferClients.deallocate()
        unsafe rateExempt.deallocate()
    }
}
