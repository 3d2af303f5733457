import { Module } from '@nestjs/common';
import { ReplicasController } from './replicas.controller.js';

@Module({ controllers: [ReplicasController] })
export class ReplicasModule {}
