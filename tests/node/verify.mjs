// Asks libraries from npm about credentials, from memory alone. On stdin: {contexts, worlds, cases}; on stdout one
// outcome for each case: "accepted", or "refused: " and the library's own words.
import * as vc from '@digitalbazaar/vc';
import {checkStatus, decodeList} from '@digitalbazaar/vc-bitstring-status-list';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {importJWK, jwtVerify} from 'jose';
import {text} from 'node:stream/consumers';

const RealDate = Date;

// The libraries read the machine's clock; the one of this process stands still at the instant of the case.
function stopClock(at) {
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length ? given : [at]));
    }
    static now() {
      return RealDate.parse(at);
    }
  };
}

const found = document => ({contextUrl: null, document: structuredClone(document)});

function documentLoader(contexts, {did, documents}) {
  return async url => {
    if(url in contexts) {
      return {...found(contexts[url]), documentUrl: url, tag: 'static'};
    }
    if(url === did.id) {
      return {...found(did), documentUrl: url};
    }
    const method = did.verificationMethod.find(one => one.id === url);
    if(method) {
      return {...found({'@context': 'https://w3id.org/security/multikey/v1', ...method}), documentUrl: url};
    }
    if(url in documents) {
      return {...found(documents[url]), documentUrl: url};
    }
    throw new Error(`nothing is served at ${url}`);
  };
}

async function verifyDocument(credential, contexts, world) {
  const loader = documentLoader(contexts, world);
  const suite = new DataIntegrityProof({cryptosuite});
  const result = await vc.verifyCredential({credential, suite, documentLoader: loader, checkStatus});
  if(!result.verified) {
    const problem = result.error ?? result.statusResult?.error;
    throw new Error((problem.errors ?? [problem]).map(one => one.message).join('; '));
  }
  // The status library answers "verified" for an entry that is set; what was found stands beside it.
  if(result.statusResult.results.some(one => one.status)) {
    throw new Error('the entry of the status list is set');
  }
}

async function readToken(token, {did}) {
  const keyOf = async ({kid}) => {
    const method = did.verificationMethod.find(one => one.id === kid && did.assertionMethod.includes(kid));
    if(!method) {
      throw new Error(`key ${kid} is not published`);
    }
    return importJWK(method.publicKeyJwk, 'RS256');
  };
  return (await jwtVerify(token, keyOf, {algorithms: ['RS256'], issuer: did.id, typ: 'JWT'})).payload;
}

async function verifyToken(token, world) {
  const {credentialStatus: {statusListCredential, statusListIndex}} = await readToken(token, world);
  if(!(statusListCredential in world.tokens)) {
    throw new Error(`nothing is served at ${statusListCredential}`);
  }
  const {credentialSubject} = await readToken(world.tokens[statusListCredential], world);
  const list = await decodeList({encodedList: credentialSubject.encodedList});
  if(list.getStatus(Number(statusListIndex))) {
    throw new Error('the entry of the status list is set');
  }
}

async function outcome({content, at, world}, {contexts, worlds}) {
  stopClock(at);
  try {
    if(content.startsWith('{')) {
      await verifyDocument(JSON.parse(content), contexts, worlds[world]);
    } else {
      await verifyToken(content, worlds[world]);
    }
    return 'accepted';
  } catch(problem) {
    return `refused: ${problem.message}`;
  }
}

const asked = JSON.parse(await text(process.stdin));
const outcomes = [];
for(const one of asked.cases) {
  outcomes.push(await outcome(one, asked));
}
console.log(JSON.stringify(outcomes));
