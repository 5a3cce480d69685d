// Asks Rollcall with Node's resolvers, c-ares and getaddrinfo; prints one line for each question.
import dns from 'node:dns/promises';

const show = (...words) => console.log(words.join(' '));
const expand = (address) => new URL(`http://[${address}]`).hostname.slice(1, -1);

/** Every group of an IPv6 address, without "::". */
function groups(address) {
  const [head, tail] = expand(address).split('::').map((part) => part.split(':').filter(Boolean));
  if (!tail) return head.join(':');
  return [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail].join(':');
}

show('a', ...(await dns.resolve4('payment.service.consul')).sort());
show('aaaa', groups((await dns.resolve6('six.service.consul'))[0]));
const services = (await dns.resolveSrv('_payment._tcp.service.consul')).sort((a, b) => a.port - b.port);
show('srv', ...services.flatMap(({ port, name }) => [port, name]));
show('target', ...(await dns.resolve4(services[0].name)));
show('reverse', ...(await dns.reverse('10.0.1.1')));
const found = await dns.lookup('PAYMENT.Service.CONSUL', { all: true });
show('upper', ...found.map(({ address }) => address).sort());
const searched = await dns.lookup('payment', { all: true, family: 4 });
show('search', ...searched.map(({ address }) => address).sort());
show('many', (await dns.resolve4('fleet.service.consul')).length);
await dns.resolve4('missing.service.consul').catch(({ code }) => show('no', code === 'ENOTFOUND' ? 'name' : code));
await dns.resolve6('payment.service.consul').catch(({ code }) => show('no', code === 'ENODATA' ? 'type' : code));
