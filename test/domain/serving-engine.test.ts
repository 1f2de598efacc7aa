import { describe, expect, test } from 'vitest'
import {
  EngineNames,
  EngineOrder,
  engineOrder,
  PlacementLines,
  ReplicaCount,
  REPLICAS_MAX,
} from '#app/domain/serving-engine.ts'

const form = { asked: 'swarm' as const, replicas: 3, placement: ['node.role==worker'] }

describe('the engine of a deployment', () => {
  test('is the usual one when none was asked for, and has replicas only on a swarm', () => {
    expect(engineOrder({ ...form, asked: undefined }, ['docker', 'onnx'])).toEqual({
      engine: 'docker',
      replicas: 1,
      placement: [],
    })
    expect(engineOrder(form, ['onnx', 'swarm'])).toEqual({ engine: 'swarm', replicas: 3, placement: form.placement })
    expect(() => engineOrder(form, ['onnx', 'docker'])).toThrow('This installation has no engine')
  })

  test('is named in a setting, each once', () => {
    expect(EngineNames.parse(undefined)).toEqual(['onnx'])
    expect(EngineNames.parse('docker, onnx')).toEqual(['docker', 'onnx'])
    for (const wrong of ['', 'onnx,onnx', 'kubernetes', 'onnx;docker'])
      expect(EngineNames.safeParse(wrong).success, wrong).toBe(false)
  })
})

describe('placement', () => {
  test('is one plain comparison on each line', () => {
    expect(PlacementLines.parse(' node.labels.zone == north \n\nnode.platform.os!=windows')).toEqual([
      'node.labels.zone==north',
      'node.platform.os!=windows',
    ])
    expect(PlacementLines.parse(undefined)).toEqual([])
    for (const wrong of [
      'node.labels.zone=north',
      'engine.labels.a==b',
      'node.labels.==x',
      'node.role==$(id)',
      'node.role==',
      `node.labels.${'a'.repeat(64)}==b`,
      Array.from({ length: 9 }, () => 'node.role==worker').join('\n'),
    ])
      expect(PlacementLines.safeParse(wrong).success, wrong).toBe(false)
    expect(PlacementLines.safeParse('zone=1').error?.issues[0]?.message).toContain('“zone=1” is not like')
  })

  test('goes with a bounded number of replicas', () => {
    expect(ReplicaCount.parse(String(REPLICAS_MAX))).toBe(REPLICAS_MAX)
    for (const wrong of ['0', String(REPLICAS_MAX + 1), '1.5', 'many'])
      expect(ReplicaCount.safeParse(wrong).success, wrong).toBe(false)
    expect(EngineOrder.safeParse({ engine: 'swarm', replicas: 0, placement: [] }).success).toBe(false)
  })
})
