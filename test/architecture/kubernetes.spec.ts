import { readdirSync, readFileSync } from 'node:fs';
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Secret, Service } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const MODELS = { Deployment, HorizontalPodAutoscaler, Job, PodDisruptionBudget, ConfigMap, Secret, Service };
const FOLDER = new URL('../../deploy/kubernetes/', import.meta.url);

interface Manifest {
  kind: keyof typeof MODELS;
  metadata: { name: string };
  spec: { selector?: Record<string, string> & { matchLabels?: Record<string, string> } };
}
const manifests = readdirSync(FOLDER).map(
  (file) => [file, parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Manifest] as const,
);
const named = (kind: string) =>
  manifests.filter(([, manifest]) => manifest.kind === kind).map(([, manifest]) => manifest.metadata.name);
const deployments = manifests
  .filter(([, { kind }]) => kind === 'Deployment')
  .map(([, manifest]) => manifest as unknown as IDeployment);

describe('deploy/kubernetes', () => {
  it.each(manifests)('%s is what the published schema of its kind allows', (_, manifest) => {
    const Model = MODELS[manifest.kind] as new (data: object) => { validate(): void };
    expect(() => new Model(manifest).validate()).not.toThrow();
  });

  it('names only what is there', () => {
    const text = JSON.stringify(manifests);
    for (const [, name] of text.matchAll(/"configMapRef":\{"name":"([^"]+)"/g))
      expect(named('ConfigMap')).toContain(name);
    for (const [, name] of text.matchAll(/"secretRef":\{"name":"([^"]+)"/g)) expect(named('Secret')).toContain(name);
    for (const [, name] of text.matchAll(/"kind":"Deployment","name":"([^"]+)"/g))
      expect(named('Deployment')).toContain(name);
  });

  it('selects pods that exist', () => {
    const labels = deployments.map(({ spec }) => spec!.template.metadata!.labels!);
    for (const [file, { kind, spec }] of manifests) {
      if (kind !== 'Service' && kind !== 'PodDisruptionBudget') continue;
      const selector = spec.selector?.matchLabels ?? spec.selector ?? {};
      const matches = labels.some((label) => Object.entries(selector).every(([key, value]) => label[key] === value));
      expect(matches, `${file} selects a pod`).toBe(true);
    }
  });

  it('never lets a rollout take a replica before its successor is ready, and probes live and ready apart', () => {
    for (const { spec } of deployments) {
      expect(spec!.strategy!.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
      const [container] = spec!.template.spec!.containers;
      expect(container.readinessProbe!.httpGet!.path).toBe('/health/ready');
      expect(container.livenessProbe!.httpGet!.path).toBe('/health/live');
    }
  });
});
